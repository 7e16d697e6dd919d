import type { HandlersFor } from '../shared/contract/define.ts';
import type { StudioContract } from '../shared/contract/index.ts';
import type { CatalogueEntry, CatalogueFit, ModelSource } from '../shared/contract/methods/models.ts';
import { StudioError } from '../shared/contract/studio-error.ts';
import type { DeviceFacts } from '../shared/domain/preflight/device-memory.ts';
import type { CoreServices } from './core-services.ts';
import type { GpuWatch } from './gpu/gpu-watch.ts';
import { cachePlaces } from './models/cache-places.ts';
import { catalogueFit } from './models/catalogue-fit.ts';
import { readCatalogue } from './models/read-catalogue.ts';
import { scanCache } from './models/scan-cache.ts';
import type { CorePorts } from './ports.ts';

type ModelHandlers = Pick<
  HandlersFor<StudioContract>,
  Exclude<
    Extract<keyof StudioContract, `models.${string}`>,
    'models.export' | 'models.convert' | 'models.template'
  >
>;

const BF16_CAPABILITY = 8;

/** The library, the caches beside it, and what is fetched into it. */
export function modelHandlers(
  ports: CorePorts,
  { downloads, gpu, modelDigests, models, removal, repositories }: CoreServices,
): ModelHandlers {
  return {
    'models.add': ({ path: place, name, source }) => {
      const model = models.add({ path: place, name, source });
      modelDigests.start(model.id, { asked: false });
      return model;
    },
    'models.list': (query) => {
      const { total, items } = models.list(query);
      return { total, items: [...items] };
    },
    'models.show': ({ model }) => models.show(model),
    'models.caches': () => ({ items: [...cachePlaces(ports.environment)] }),
    'models.scan': ({ kind, path: place }) => {
      const { items, ...found } = scanCache(kind, place);
      const idOf = (one: string): string | undefined => repositories.models.byPath(one)?.id;
      return {
        ...found,
        items: items.map((item) => {
          const modelId = idOf(item.path);
          return { ...item, ...(modelId === undefined ? {} : { modelId }) };
        }),
      };
    },
    'models.catalogue': async () => {
      const device = await deviceOf(ports, gpu);
      const known = repositories.models.bases();
      return {
        items: readCatalogue(ports.resourcesDir).map(({ shape, ...entry }) => {
          const model = known.find(({ source }) => isOf(source, entry.hubs));
          return {
            ...entry,
            fit: device.kind === 'unknown' ? device.fit : catalogueFit(shape, device.facts),
            ...(model === undefined ? {} : { modelId: model.id }),
          };
        }),
      };
    },
    'models.download': ({ hub, repository, revision, endpoint, name }) =>
      downloads.start({ hub, repository, revision, endpoint, name }),
    'models.pauseDownload': async ({ model }) => ({ modelId: await downloads.pause(model) }),
    'models.resumeDownload': ({ model }) => downloads.resume(model),
    'models.cancelDownload': async ({ model }) => ({ modelId: await downloads.cancel(model) }),
    'models.digest': ({ model: reference, stop }) => {
      const model = models.find(reference);
      if (model.state !== 'ready')
        throw new StudioError('model.not_ready', { model: model.name, state: model.state });
      if (stop) modelDigests.stop(model.id);
      else modelDigests.start(model.id, { asked: true });
      return modelDigests.state(model);
    },
    'models.remove': ({ model }) => {
      const { id, trashId } = removal.removeModel(model);
      return { modelId: id, trashId };
    },
  };
}

const isOf = (source: ModelSource | undefined, hubs: CatalogueEntry['hubs']): boolean =>
  source !== undefined && source.hub !== 'ollama' && hubs[source.hub] === source.repository;

type Device =
  Readonly<{ kind: 'known'; facts: DeviceFacts }> | Readonly<{ kind: 'unknown'; fit: CatalogueFit }>;

/** What training would compute on: the card with the most memory, as it is when nothing else runs; else the processor. */
async function deviceOf(ports: CorePorts, gpu: GpuWatch): Promise<Device> {
  const { cards } = await gpu.list();
  const [card] = cards.toSorted((a, b) => (b.memoryTotalBytes ?? 0) - (a.memoryTotalBytes ?? 0));
  if (card === undefined) {
    const { totalBytes: capacityBytes } = ports.host.memory();
    const about = { device: 'cpu', kind: 'cpu', name: ports.host.processorName(), hasBf16: true } as const;
    return { kind: 'known', facts: { ...about, capacityBytes, availableBytes: capacityBytes } };
  }
  const { computeCapability, index, memoryTotalBytes: capacityBytes, name } = card;
  if (capacityBytes === undefined) return { kind: 'unknown', fit: { verdict: 'unknown', device: name } };
  const facts: DeviceFacts = {
    device: `cuda:${String(index)}`,
    kind: 'cuda',
    name,
    capacityBytes,
    availableBytes: capacityBytes,
    hasBf16: Number(computeCapability ?? 0) >= BF16_CAPABILITY,
    ...(computeCapability === undefined ? {} : { computeCapability: Number(computeCapability) }),
  };
  return { kind: 'known', facts };
}
