export { DatasetScreen } from './dataset-screen.tsx';
export { DatasetsScreen } from './datasets-screen.tsx';
