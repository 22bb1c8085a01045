import { createReadStream } from 'node:fs';
import { resolve as resolvePath } from 'node:path';
import { Command } from 'commander';
import {
  type Compared,
  compareMembers,
  DISAGREEMENTS,
  type MemberDifference,
} from '../pipeline/compare-members.ts';
import { context } from './context.ts';
import { withReadingTools } from './database.ts';
import { writeOut } from './output.ts';
import { readMembers } from './read-members.ts';

interface Options {
  readonly json?: true;
}

type Counts = { members: number } & Record<MemberDifference['difference'], number>;

export function compareCommand(): Command {
  return new Command('compare')
    .description('compare an app’s own list of members with what Rolecall knows')
    .argument('<file>', 'CSV (organization,user,role) or JSON lines; - for standard input')
    .option('--json', 'answer as JSON')
    .action(compare);
}

async function compare(file: string, options: Options): Promise<void> {
  await withReadingTools(options, async ({ store }) => {
    const { stdin, cwd } = context();
    const input = file === '-' ? stdin() : createReadStream(resolvePath(cwd, file), 'utf8');
    const answer = options.json === true ? asJson() : asTable();
    const counts: Counts = { members: 0, not_a_member: 0, suspended: 0, contested: 0, other_role: 0 };
    let complete = false;
    try {
      for await (const compared of compareMembers(store, readMembers(input))) {
        count(counts, compared);
        for (const difference of compared.differences) await writeOut(answer.difference(difference));
      }
      complete = true;
    } finally {
      await writeOut(answer.end(counts, complete));
    }
  });
}

function count(counts: Counts, { members, differences }: Compared): void {
  counts.members += members;
  for (const { difference } of differences) counts[difference] += 1;
}

interface Answer {
  difference(one: MemberDifference): string;
  end(counts: Counts, complete: boolean): string;
}

/** One object, whichever way it ends. */
function asJson(): Answer {
  let before = '{"differences":[';
  const next = (text: string): string => {
    const written = `${before}${text}`;
    before = ',';
    return written;
  };
  return {
    difference: (one) => next(JSON.stringify(one)),
    end: (counts, complete) =>
      `${before === ',' ? '' : before}],${JSON.stringify({ counts, complete }).slice(1)}\n`,
  };
}

const WORDS: Readonly<Record<MemberDifference['difference'], string>> = {
  not_a_member: 'not a member',
  suspended: 'suspended',
  contested: 'contested',
  other_role: 'another role',
};

/** Columns as wide as Clerk's ids are. */
function row(...[difference, organization, user, app, known]: readonly string[]): string {
  const columns = [
    difference?.padEnd(12),
    organization?.padEnd(31),
    user?.padEnd(32),
    app?.padEnd(20),
    known,
  ];
  return `${columns.join('  ').trimEnd()}\n`;
}

function asTable(): Answer {
  let head = `${row('difference', 'organization', 'user', 'the app says', 'Rolecall says')}${row(...[12, 31, 32, 20, 20].map((width) => '─'.repeat(width)))}`;
  return {
    difference({ difference, organization, user, role, known }) {
      const written = `${head}${row(WORDS[difference], organization, user, role ?? '', known ?? '')}`;
      head = '';
      return written;
    },
    end(counts, complete) {
      const found = DISAGREEMENTS.filter((one) => counts[one] > 0).map(
        (one) => `${counts[one]} ${WORDS[one]}`,
      );
      const result = found.length === 0 ? 'no differences' : found.join(', ');
      return `${head === '' ? '\n' : ''}${counts.members} compared${complete ? '' : ' before it broke off'}: ${result}.\n`;
    },
  };
}
