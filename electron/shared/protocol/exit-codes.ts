/** Exit codes of every job process (the same numbers stand in `legal_eagle/jobs/errors.py`). */
export const EXIT_CODES = {
  done: 0,
  crashed: 1,
  stopped: 10,
  spec: 20,
  outOfGpuMemory: 21,
  data: 22,
  environment: 23,
  diskFull: 24,
  resumable: 75,
} as const;
