/** Figures as every face writes them. */
export {
  bytesParts,
  cardGigabytes,
  formatBytes,
  formatDuration,
  formatLoss,
  formatNumber,
  formatTime,
} from '../../electron/shared/domain/figures.ts';
