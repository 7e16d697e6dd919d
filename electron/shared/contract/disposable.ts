/** Whatever subscribes, opens or spawns hands back one of these. Disposing twice is harmless. */
export interface Disposable {
  dispose(): void;
}
