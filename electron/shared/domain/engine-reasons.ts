/**
 * What the engine says of its own choices (`reasons` of the device event, `reason` of the memory event), in Chinese.
 * The engine writes English lines; a line that is not known here, of a newer runtime say, stays as it is.
 */
const CHINESE: readonly (readonly [line: RegExp, chinese: string])[] = [
  [/^device cuda: a CUDA device is present$/u, '设备 cuda：有可用的 CUDA 显卡'],
  [/^device cpu: no CUDA device$/u, '设备 cpu：没有可用的 CUDA 显卡'],
  [
    /^cpuThreads (\d+): all cores this process may use, shared by (\d+) processes$/u,
    'CPU 线程数 $1：可用的全部核心，由 $2 个进程分用',
  ],
  [/^cpuThreads (\d+): all cores this process may use$/u, 'CPU 线程数 $1：可用的全部核心'],
  [/^maxTokensPerMicroBatch (\d+): the default of a (\w+) run$/u, '单次词元上限 $1：$2 训练的默认值'],
  [/^precision fp32: bf16 gains nothing on a CPU$/u, '精度 fp32：在 CPU 上用 bf16 没有好处'],
  [/^precision bf16: the GPU computes it$/u, '精度 bf16：显卡支持'],
  [
    /^precision fp16 with a scaled loss: the GPU has tensor cores and no bf16$/u,
    '精度 fp16，损失经过缩放：显卡有张量核心，但不支持 bf16',
  ],
  [
    /^precision fp32: the GPU has neither bf16 nor tensor cores$/u,
    '精度 fp32：显卡既不支持 bf16，也没有张量核心',
  ],
  [
    /^precision fp16: the recipe asks for it; a CPU is slower with it than with fp32$/u,
    '精度 fp16：按训练方案；在 CPU 上比 fp32 慢',
  ],
  [/^engine compat: the recipe asks for it$/u, '计算引擎 兼容：按训练方案'],
  [
    /^engine compat: full fine-tuning needs the gradient of every parameter$/u,
    '计算引擎 兼容：全参数微调需要每个参数的梯度',
  ],
  [/^engine compat: the fast engine does not compute (.+)$/u, '计算引擎 兼容：快速引擎不支持 $1'],
  [
    /^packing on: this model's packed documents come out as they do alone$/u,
    '序列打包 开：该模型打包计算与逐条计算的结果一致',
  ],
  [/^packing off, documents are padded: (.+)$/u, '序列打包 关，逐条补齐：$1'],
  [
    /^no adapters on the experts: their ([\d,]+) weights are joined, not layers$/u,
    '专家层不加适配器：其 $1 个权重合并存放，不是独立的层',
  ],
  [/^logits of all answer rows at once: (.+)$/u, '一次算出全部回答词元的概率：$1'],
  [/^projections: q, k, v and gate, up always fused$/u, '投影：q、k、v 合并计算，gate、up 合并计算'],
  [/^attention ([\w-]+): the run began with it$/u, '注意力实现 $1：与本次训练开始时相同'],
  [
    /^the run began with attention ([\w-]+), which cannot run here: (.+)$/u,
    '本次训练开始时注意力实现为 $1，在这里无法运行：$2',
  ],
  [/^attention ([\w-]+): no padding at all$/u, '注意力实现 $1：完全不需要补齐'],
  [/^attention ([\w-]+): this precision has no CPU kernel$/u, '注意力实现 $1：该精度没有相应的 CPU 内核'],
  [
    /^attention varlen: this GPU runs the kernel that knows document ends$/u,
    '注意力实现 varlen：显卡能运行识别文档边界的内核',
  ],
  [/^attention ([\w-]+): varlen cannot run here \((.+)\)$/u, '注意力实现 $1：varlen 在这里无法运行（$2）'],
  [/^compile (on|off): the run began so$/u, '编译加速 $1：与本次训练开始时相同'],
  [/^compile off: on a CPU it saves less than it costs$/u, '编译加速 关：在 CPU 上得不偿失'],
  [/^compile off: there is no Triton for this GPU$/u, '编译加速 关：这张显卡没有可用的 Triton'],
  [/^compile on: fuses what lies between the matrix products$/u, '编译加速 开：合并矩阵乘法之间的小运算'],
  [
    /^quantization none: at the run's start (\w+) cost too much of the loss$/u,
    '基座量化 不启用：训练开始时的比较显示 $1 使损失升高过多',
  ],
  [
    /^quantization nf4: 4-bit weights, unpacked once a pack into a shared buffer$/u,
    '基座量化 nf4：权重为 4 位，每包展开一次到共用缓冲区',
  ],
  [/^quantization (\w+): on a CPU it saves memory and no time$/u, '基座量化 $1：在 CPU 上只省内存，不省时间'],
  [
    /^quantization (\w+): products in 8 bits, the adapter in the compute type$/u,
    '基座量化 $1：矩阵乘法为 8 位，适配器用计算精度',
  ],
  [/^quantization (\w+): (.+) before the first step$/u, '基座量化 $1：第一步之前的比较 $2'],
  [
    /^quantization none: another rank cannot hold such a base$/u,
    '基座量化 不启用：另一个进程无法载入这样的基座模型',
  ],
  [/^recompute all layers: memory ran out$/u, '激活值重算 全部层：内存不足'],
  [
    /^recompute all layers: the compat engine plans no part of them$/u,
    '激活值重算 全部层：兼容引擎不能只重算一部分',
  ],
  [/^recompute all layers: as the recipe says$/u, '激活值重算 全部层：按训练方案'],
  [/^recompute all layers: as before the resume$/u, '激活值重算 全部层：与断点续训之前相同'],
  [/^recompute none: at most (.+) of (.+) that are free$/u, '激活值重算 无：最多占用 $1，空闲 $2'],
  [
    /^recompute all (\d+) layers: the measuring pass itself did not fit$/u,
    '激活值重算 全部 $1 层：测量时已放不下',
  ],
  [
    /^recompute none: keeping every layer takes (.+) of (.+); measured (.+) KiB a token and kept layer$/u,
    '激活值重算 无：保留全部层占用 $1，可用 $2；实测每词元每层 $3 KiB',
  ],
  [
    /^recompute (\d+) of (\d+) layers kept, (\d+) computed again: a pass takes (.+) of (.+), keeping all would take (.+); measured (.+) KiB a token and kept layer$/u,
    '激活值重算：$2 层中保留 $1 层、重算 $3 层；一次计算占用 $4，可用 $5，全部保留需要 $6；实测每词元每层 $7 KiB',
  ],
  [
    /^links (\w+): (\d+) MiB between each pair of (\d+) ranks came back right; a sum of (\d+) MiB takes ([\d.]+) ms$/u,
    '进程间通信 $1：$3 个进程两两传送 $2 MiB 均无误；$4 MiB 求和用时 $5 毫秒',
  ],
  [
    /^NCCL_P2P_DISABLE=1: bytes copied directly between GPUs came back wrong \((.+)\)$/u,
    '已关闭显卡间直接复制（NCCL_P2P_DISABLE=1）：复制的字节出现错误（$1）',
  ],
];

/** A line of the engine in a person's language. */
export function engineReason(line: string, language: 'en' | 'zh'): string {
  if (language === 'en') return line;
  const known = CHINESE.find(([pattern]) => pattern.test(line));
  return known === undefined ? line : line.replace(known[0], known[1]);
}

/** Whether a run's reasons say that transformers' own classes computed its base. */
export const isCompatRun = (reasons: readonly string[]): boolean =>
  reasons.some((line) => line.startsWith('engine compat'));
