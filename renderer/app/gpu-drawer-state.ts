import { create } from 'zustand';

type GpuDrawerState = Readonly<{ opened: boolean; open: () => void; close: () => void }>;

/** Whether the telemetry drawer is open; the chips and the palette open it. */
export const useGpuDrawer = create<GpuDrawerState>()((set) => ({
  opened: false,
  open: () => set({ opened: true }),
  close: () => set({ opened: false }),
}));
