export { NewRunScreen } from './new-run-screen.tsx';
