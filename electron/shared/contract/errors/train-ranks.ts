import type { ErrorTable } from './error-table.ts';

/** Training on several processes and machines. */
export const TRAIN_RANK_ERRORS = {
  'train.launcher_incomplete': {
    en: {
      message: 'The launcher named a rank but not how the ranks meet: {variable} {reason}.',
      cause:
        'RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT belong together; torchrun and accelerate launch set them all.',
      action:
        'Start every rank with torchrun or accelerate launch, or unset WORLD_SIZE to train in one process.',
    },
    zh: {
      message: '启动器指定了进程编号，却没有说明各进程如何会合：{variable} {reason}。',
      cause:
        'RANK、WORLD_SIZE、MASTER_ADDR 与 MASTER_PORT 必须同时设置；torchrun 和 accelerate launch 会设置全部四项。',
      action: '请用 torchrun 或 accelerate launch 启动每个进程；如需单进程训练，请取消 WORLD_SIZE 环境变量。',
    },
  },
  'train.no_collectives': {
    en: {
      message: 'This PyTorch ({torch}) cannot train on several processes.',
      cause: 'It was built without torch.distributed or without the gloo back end.',
      action: 'Install a runtime environment of the studio, or train in one process.',
    },
    zh: {
      message: '当前 PyTorch（{torch}）不支持多进程训练。',
      cause: '该版本编译时没有包含 torch.distributed 或 gloo 通信后端。',
      action: '请安装本应用提供的运行环境，或改用单进程训练。',
    },
  },
  'train.config_invalid': {
    en: {
      message: 'The config of the training function is wrong: {reason}.',
      cause: 'It takes these keys: {allowed}.',
      action:
        'Correct the config that the trainer hands over; python-runtime/docs/distributed.md has an example.',
    },
    zh: {
      message: '训练函数的 config 有误：{reason}。',
      cause: '可用的键有：{allowed}。',
      action: '请修改训练器传入的 config；示例见 python-runtime/docs/distributed.md。',
    },
  },
  'train.hosts_too_few': {
    en: {
      message: '“{hosts}” names one machine only.',
      cause: 'A list of hosts is for a run over two machines or more.',
      action:
        'Name all machines, separated by commas, the first one first; for one machine leave --hosts out.',
    },
    zh: {
      message: '“{hosts}”只写了一台机器。',
      cause: '主机列表用于在两台或更多机器上训练。',
      action: '请用逗号写出全部机器，第一台在前；只用一台机器时不要使用 --hosts。',
    },
  },
  'train.host_invalid': {
    en: {
      message: '“{host}” is neither the name nor the address of a machine.',
      cause:
        'In “{hosts}” each part must be a host name or an IP address, without a user, a port or a slash.',
      action: 'Write the list like node-1,node-2 or 10.0.0.1,10.0.0.2.',
    },
    zh: {
      message: '“{host}”不是机器名，也不是机器地址。',
      cause: '“{hosts}”中的每一项都必须是主机名或 IP 地址，不能带用户名、端口或斜杠。',
      action: '请写成 node-1,node-2 或 10.0.0.1,10.0.0.2 这样的列表。',
    },
  },
  'train.host_twice': {
    en: {
      message: '{host} stands twice in the list of machines.',
      cause: '“{hosts}”: every machine runs one line; several cards of one machine are hardware.processes.',
      action: 'Name each machine once and set hardware.processes to its cards.',
    },
    zh: {
      message: '机器列表中重复出现 {host}。',
      cause: '“{hosts}”：每台机器只运行一行命令；同一台机器的多张显卡由 hardware.processes 指定。',
      action: '每台机器只写一次，并把 hardware.processes 设为其显卡数量。',
    },
  },
  'train.ranks_differ': {
    en: {
      message: 'Rank {rank} has another {what} than rank 0.',
      cause:
        'All ranks must train the same run. Rank {rank}: {theirs}; rank 0: {first}. Nothing was trained with the difference.',
      action:
        'Give every machine the same recipe, dataset, base model and engine version, then start the run again.',
    },
    zh: {
      message: '进程 {rank} 的 {what} 与进程 0 不同。',
      cause:
        '所有进程必须训练同一个任务。进程 {rank}：{theirs}；进程 0：{first}。存在差异的部分没有参与训练。',
      action: '请在每台机器上使用相同的训练方案、数据集、基座模型和引擎版本，然后重新开始训练。',
    },
  },
  'train.rank_lost': {
    en: {
      message: 'Rank {rank} on {host} was lost, so the run stopped: {cause}',
      cause:
        'Every step needs all ranks. Its process ended, its machine no longer answers, or the network between them broke; the log of the rank lies below the attempt, in ranks/{rank}.',
      action: 'Look at the cause, then resume the run: it goes on from the last checkpoint.',
    },
    zh: {
      message: '主机 {host} 上的进程 {rank} 已丢失，训练因此停止：{cause}',
      cause:
        '每一步都需要所有进程参与。该进程已结束、所在机器不再响应，或机器之间的网络已中断；该进程的日志位于本次尝试文件夹下的 ranks/{rank} 中。',
      action: '请查看原因，然后断点续训：训练会从最后一个检查点继续。',
    },
  },
  'train.too_few_cards': {
    en: {
      message: '{processes} processes need a card each, but the run sees {cards}.',
      cause: 'Two processes on one card would wait for each other and need its memory twice.',
      action: 'Set hardware.processes to the number of cards, or make more cards visible to the run.',
    },
    zh: {
      message: '{processes} 个进程各需要一张显卡，但本次训练只能看到 {cards} 张。',
      cause: '两个进程共用一张显卡会互相等待，并占用两份显存。',
      action: '请把 hardware.processes 设为显卡数量，或让本次训练能看到更多显卡。',
    },
  },
  'train.links_corrupt': {
    en: {
      message: 'Bytes sent between ranks came back wrong: {pairs}.',
      cause:
        'The check at the start sends known bytes between every pair of ranks. Copies between GPUs, a driver or a network card damage them; direct copies between GPUs had been turned off already where that was possible.',
      action: 'Train on one card, or check the driver, the IOMMU setting of the board and the network.',
    },
    zh: {
      message: '进程之间传送的字节出现错误：{pairs}。',
      cause:
        '启动检查会在每两个进程之间传送已知字节。显卡之间的复制、驱动或网卡损坏了数据；在可能的情况下，显卡之间的直接复制已经关闭。',
      action: '请改用单张显卡训练，或检查驱动、主板的 IOMMU 设置和网络。',
    },
  },
} as const satisfies ErrorTable;
