import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';

type Member = { readonly pid: number; readonly command: string };

const fromProc = (group: number): Member[] =>
  readdirSync('/proc').flatMap((name) => {
    try {
      const stat = readFileSync(`/proc/${Number(name)}/stat`, 'utf8');
      const [state, , itsGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      // Nobody but process 1 can reap an orphan; it runs no more.
      if (Number(itsGroup) !== group || state === 'Z') return [];
      return [
        { pid: Number(name), command: readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ') },
      ];
    } catch {
      return [];
    }
  });

const fromPs = (group: number): Member[] =>
  execFileSync('ps', ['-ww', '-A', '-o', 'pid=,pgid=,stat=,command='], { encoding: 'utf8' })
    .split('\n')
    .flatMap((line) => {
      const [, pid, itsGroup, state, command] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
      return Number(itsGroup) !== group || state?.startsWith('Z')
        ? []
        : [{ pid: Number(pid), command: command ?? '' }];
    });

/** The living processes of a group. */
export const membersOf = (group: number): Member[] =>
  process.platform === 'linux' ? fromProc(group) : fromPs(group);

export const isListening = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
