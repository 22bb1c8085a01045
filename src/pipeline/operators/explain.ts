/** What each reason of the inbox means, for the person who is called at night. */
const REASONS: Readonly<Record<string, string>> = {
  newer: 'It was newer than what was known, and was believed.',
  older_than_known: 'Something newer about the same thing was known already.',
  already_known: 'It said nothing that was not known already.',
  superseded: 'It is about an earlier membership of somebody who has joined anew since.',
  deleted_before: 'What it is about had been deleted before; a deletion is final.',
  presumed_absent: 'Clerk did not list what it is about, which is taken for gone until it is told otherwise.',
  changed_too_recently: 'What is known is too fresh for this answer to count; Clerk is asked again.',
  late_gain: 'It would give access but is old or was repeated; Clerk is asked what holds now.',
  contested: 'It contradicts something of the same moment; nobody has that access until Clerk has answered.',
  identity_conflict: 'Its id belongs to another member or organization; Clerk is asked who is meant.',
  timestamp_in_future: 'Its time lies more than five minutes ahead of our clock; Clerk is asked instead.',
  not_kept: 'Nothing in it is kept.',
  unknown_type: 'Its type is none that is used; only its name and hash were kept.',
  not_json: 'Its body is no JSON, although the signature was right.',
  not_proved_again:
    'It came out of the queue and its signature could not be checked any more; it is never believed.',
  refused_by_database:
    'The database, or the decision on it, refused it; it is tried again, and Clerk is asked instead.',
  wrong_instance: 'It belongs to another Clerk instance than this database.',
  not_found: 'The inbox knows no delivery of this id.',
  no_payload: 'Its body was not kept or has been pruned; there is nothing to decide on.',
  altered: 'Its body is not the one that was received: the hash differs.',
  never_ended: 'Deciding on it ended the process again and again; it was left out.',
};

/** A reason in words. What is not known here is told as it stands: it names no value of the message. */
export function explain(reason: string): string {
  if (Object.hasOwn(REASONS, reason)) return REASONS[reason] ?? reason;
  const malformed = /^malformed (.+)$/.exec(reason)?.[1];
  return malformed === undefined
    ? reason
    : `Its body is not as Clerk documents it, at "${malformed}"; nothing was gained or lost by it.`;
}
