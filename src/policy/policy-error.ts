/** A policy that cannot be used: every problem it has, at once. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
  readonly code = 'invalid_policy';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      `The policy has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:${problems.map((one) => `\n- ${one}`).join('')}`,
    );
    this.problems = problems;
  }
}
