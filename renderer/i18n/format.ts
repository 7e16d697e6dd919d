/** Figures as every face writes them. */
export {
  bytesParts,
  formatBytes,
  formatDuration,
  formatLoss,
  formatNumber,
  formatTime,
} from '../../electron/shared/domain/figures.ts';
