import path from 'node:path';

/** Where everything lies below a data folder. Ids are ours, so they are safe as folder names. */
export type DataFolder = Readonly<{
  root: string;
  databaseFile: string;
  /** The order of the waiting runs. */
  queueFile: string;
  lockFile: string;
  logFile: string;
  /** What is kept of tokens: ciphertext, or plain text where a person chose it. */
  secretsDir: string;
  datasetsDir: string;
  modelsDir: string;
  runsDir: string;
  jobsDir: string;
  /** Cards, lists and upload states of releases. */
  releasesDir: string;
  tokenCacheDir: string;
  /** What was removed and can still be given back. */
  trashDir: string;
  datasetDir(id: string): string;
  modelDir(id: string): string;
  runDir(id: string): string;
  jobDir(id: string): string;
  releaseDir(id: string): string;
}>;

export function dataFolder(root: string): DataFolder {
  const below = (...parts: readonly string[]): string => path.join(root, ...parts);
  return {
    root,
    databaseFile: below('studio.db'),
    queueFile: below('queue.json'),
    lockFile: below('core.lock'),
    logFile: below('logs', 'core.log'),
    secretsDir: below('secrets'),
    datasetsDir: below('datasets'),
    modelsDir: below('models'),
    runsDir: below('runs'),
    jobsDir: below('jobs'),
    releasesDir: below('releases'),
    tokenCacheDir: below('cache', 'tokens'),
    trashDir: below('trash'),
    datasetDir: (id) => below('datasets', id),
    modelDir: (id) => below('models', id),
    runDir: (id) => below('runs', id),
    jobDir: (id) => below('jobs', id),
    releaseDir: (id) => below('releases', id),
  };
}
