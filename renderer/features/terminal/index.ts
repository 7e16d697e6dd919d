export { TerminalScreen } from './terminal-screen.tsx';
