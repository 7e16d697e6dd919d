export { ReleaseScreen } from './release-screen.tsx';
