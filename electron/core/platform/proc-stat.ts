/** The part of /proc/<pid>/stat (proc(5)) that the job seam reads. */
export type ProcStat = Readonly<{
  pid: number;
  state: string;
  parentPid: number;
  groupId: number;
  sessionId: number;
  /** Clock ticks since boot, as text: the number is only compared. */
  startTicks: string;
}>;

/** Reads one stat line. Undefined for text of another form (the process ended while it was read). */
export function parseProcStat(text: string): ProcStat | undefined {
  // Field 2 is the command in parentheses and may hold spaces and parentheses itself.
  const close = text.lastIndexOf(')');
  const fields = text.slice(close + 2).split(' ');
  const [state, parent, group, session] = fields;
  const startTicks = fields[19];
  const pid = Number.parseInt(text, 10);
  if (close < 0 || state === undefined || startTicks === undefined || Number.isNaN(pid)) return undefined;
  return {
    pid,
    state,
    parentPid: Number(parent),
    groupId: Number(group),
    sessionId: Number(session),
    startTicks,
  };
}

/** A zombie has ended; only its parent has not asked how yet. */
export function isGone(stat: ProcStat): boolean {
  return stat.state === 'Z' || stat.state === 'X';
}

/**
 * The living processes that belong to `root`: itself, its descendants, and the members of the group and the
 * session it leads. `marked` tells which processes carry the job's mark; they belong in any case, and where
 * the root itself is gone or is somebody else, they alone do.
 */
export function processTree(
  stats: readonly ProcStat[],
  root: Readonly<{ pid: number; startTicks: string }>,
  marked: (pid: number) => boolean,
): readonly number[] {
  const alive = stats.filter((stat) => !isGone(stat));
  const rootIsOurs = alive.some((stat) => stat.pid === root.pid && stat.startTicks === root.startTicks);
  const members = new Set(alive.filter((stat) => marked(stat.pid)).map((stat) => stat.pid));
  if (!rootIsOurs) return [...members];
  members.add(root.pid);
  for (const stat of alive) {
    if (stat.groupId === root.pid || stat.sessionId === root.pid) members.add(stat.pid);
  }
  let grew = true;
  while (grew) {
    grew = false;
    for (const stat of alive) {
      if (!members.has(stat.pid) && members.has(stat.parentPid)) {
        members.add(stat.pid);
        grew = true;
      }
    }
  }
  return [...members];
}
