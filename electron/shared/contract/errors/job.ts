import type { ErrorTable } from './error-table.ts';

export const JOB_ERRORS = {
  'job.spec_invalid': {
    en: {
      message: 'The job cannot start: {field} {reason}.',
      cause: 'The description of the job (job.json) has a missing, unknown or impossible value.',
      action: 'Correct the value. Allowed: {allowed}',
    },
    zh: {
      message: '任务无法启动：{field} {reason}。',
      cause: '任务说明（job.json）中有缺失、未知或不可能的值。',
      action: '请改正该值。允许的范围：{allowed}',
    },
  },
  'job.secrets_invalid': {
    en: {
      message: 'The job was not handed its secrets properly.',
      cause: 'The first line on its standard input was not a JSON object of texts.',
      action: 'Start the job from the studio or the command line, not by hand.',
    },
    zh: {
      message: '任务没有正确收到所需的密钥。',
      cause: '标准输入的第一行不是由文本组成的 JSON 对象。',
      action: '请从程序或命令行启动任务，不要手动启动。',
    },
  },
  'job.control_invalid': {
    en: {
      message: 'A command to the job could not be read: {file}',
      cause: 'The file in its inbox is damaged or comes from another version ({reason}).',
      action: 'Give the command again.',
    },
    zh: {
      message: '无法读取发给任务的指令：{file}',
      cause: '收件目录中的文件已损坏，或来自其他版本（{reason}）。',
      action: '请重新发出指令。',
    },
  },
  'job.platform_unsupported': {
    en: {
      message: 'Jobs do not run on this system ({platform}).',
      cause: 'Linux and Windows are supported.',
      action: 'Use a Linux or Windows computer.',
    },
    zh: {
      message: '当前系统（{platform}）不支持运行任务。',
      cause: '目前支持 Linux 和 Windows。',
      action: '请使用 Linux 或 Windows 计算机。',
    },
  },
  'job.launch_failed': {
    en: {
      message: 'The process of the job could not be started: {command}',
      cause: 'The system refused: {reason}.',
      action: 'Run the doctor; it checks the Python environment and repairs it.',
    },
    zh: {
      message: '无法启动任务进程：{command}',
      cause: '系统拒绝了启动：{reason}。',
      action: '请运行环境检查（doctor），它会检查并修复 Python 环境。',
    },
  },
  'job.never_started': {
    en: {
      message: 'The process of the job never reported.',
      cause: 'It ended, or was ended, before it could write its first line.',
      action: 'Read the log of the job, then start it again.',
    },
    zh: {
      message: '任务进程始终没有回应。',
      cause: '进程在写出第一行之前就已结束或被结束。',
      action: '请查看任务日志，然后重新启动。',
    },
  },
  'job.crashed': {
    en: {
      message: 'The job failed unexpectedly: {reason}',
      cause: 'A part of the program or one of its libraries failed in a way nobody planned for.',
      action: 'Open the log and the details, and report them; a run can be resumed from its last checkpoint.',
    },
    zh: {
      message: '任务意外失败：{reason}',
      cause: '程序或其依赖的某个部分以未预料的方式失败。',
      action: '请打开日志与详情并反馈；训练可从最近的检查点继续。',
    },
  },
  'job.ended_silently': {
    en: {
      message: 'The job ended without a final report (exit code {exitCode}).',
      cause: 'Its process left before writing the last event, so nobody can say whether its work is whole.',
      action: 'Read the log, then start or resume the job.',
    },
    zh: {
      message: '任务没有最终报告就结束了（退出码 {exitCode}）。',
      cause: '进程在写出最后一条记录之前退出，无法判断工作是否完整。',
      action: '请查看日志，然后重新启动或继续该任务。',
    },
  },
  'job.killed': {
    en: {
      message: 'The process of the job was ended from outside ({signal}).',
      cause: 'The system was short of memory, was shutting down, or somebody ended the process.',
      action: 'Resume it; it goes on from its last checkpoint.',
    },
    zh: {
      message: '任务进程被外部终止（{signal}）。',
      cause: '系统内存不足、正在关机，或有人结束了该进程。',
      action: '请继续该任务，它会从最近的检查点恢复。',
    },
  },
  'job.vanished': {
    en: {
      message: 'The process of the job is gone.',
      cause: 'While the studio was closed, the computer was restarted or the process was ended.',
      action: 'Resume it; it goes on from its last checkpoint.',
    },
    zh: {
      message: '任务进程已不存在。',
      cause: '在程序关闭期间，计算机重启过或该进程被结束。',
      action: '请继续该任务，它会从最近的检查点恢复。',
    },
  },
  'job.protocol_violation': {
    en: {
      message: 'The reports of the job cannot be trusted any more: {reason}',
      cause:
        'Its event file breaks the protocol at byte {offset}: the file is damaged, or the Python package is of another version. The process itself was left alone.',
      action: 'Stop the job if it still runs, then install the runtime again.',
    },
    zh: {
      message: '任务的进度记录已不可信：{reason}',
      cause: '事件文件在第 {offset} 字节处违反协议：文件已损坏，或 Python 包的版本不一致。进程本身未受影响。',
      action: '若任务仍在运行请先停止，然后重新安装运行环境。',
    },
  },
  'job.events_replaced': {
    en: {
      message: 'The event file of the job was changed from outside: {reason}',
      cause: 'It became shorter, or another file stands in its place. Only the job may write it.',
      action: 'Put the original file back, or stop the job.',
    },
    zh: {
      message: '任务的事件文件被外部改动：{reason}',
      cause: '文件变短了，或被其他文件替换。只有任务本身可以写入它。',
      action: '请恢复原文件，或停止该任务。',
    },
  },
  'job.projection_failed': {
    en: {
      message: 'The studio could not take in a report of the job.',
      cause: 'A defect of this program. The report itself is safe in the folder of the job.',
      action: 'Report the details; after an update the studio reads the rest by itself.',
    },
    zh: {
      message: '程序无法处理任务的一条记录。',
      cause: '这是本程序的缺陷。记录本身安全地保存在任务目录中。',
      action: '请反馈详情；更新后程序会自动读取其余内容。',
    },
  },
  'job.out_of_memory': {
    en: {
      message: 'The job ran out of memory: {reason}',
      cause: 'The model and one micro-batch need more memory than the device has free.',
      action: 'Lower the tokens of a micro-batch or the cutoff length, or close other programs.',
    },
    zh: {
      message: '任务内存（显存）不足：{reason}',
      cause: '模型加上一个微批次所需的内存超过了设备的可用内存。',
      action: '请减小微批次的词元数或截断长度，或关闭其他程序。',
    },
  },
  'job.disk_full': {
    en: {
      message: 'The disk is full.',
      cause: 'There was no room left while writing {path}.',
      action: 'Free some space, then resume; nothing that was saved is lost.',
    },
    zh: {
      message: '磁盘已满。',
      cause: '写入 {path} 时空间不足。',
      action: '请释放空间后继续；已保存的内容没有丢失。',
    },
  },
  'job.environment_broken': {
    en: {
      message: 'The Python environment is incomplete: {reason}',
      cause: 'The package {module} is missing, damaged, or of the wrong version.',
      action: 'Install the runtime again.',
    },
    zh: {
      message: 'Python 环境不完整：{reason}',
      cause: '软件包 {module} 缺失、损坏或版本不符。',
      action: '请重新安装运行环境。',
    },
  },
  'job.not_found': {
    en: {
      message: 'There is no job {jobId}.',
      cause: 'It was removed, or the id is mistyped.',
      action: 'List the runs and open the one you mean.',
    },
    zh: {
      message: '没有任务 {jobId}。',
      cause: '该任务已被删除，或编号有误。',
      action: '请在列表中打开需要的任务。',
    },
  },
  'core.data_folder_in_use': {
    en: {
      message: 'The data folder is in use by another studio: {owner}.',
      cause: 'Only one studio at a time may write a data folder, so that no two write over each other.',
      action: 'Use that one, or close it. Folder: {path}',
    },
    zh: {
      message: '数据目录正被另一个程序使用：{owner}。',
      cause: '同一数据目录同时只允许一个程序写入，以免互相覆盖。',
      action: '请使用那个程序，或先将其关闭。目录：{path}',
    },
  },
  'core.database_newer': {
    en: {
      message: 'The database was written by a newer studio (version {found}, this one knows {known}).',
      cause: 'An older program would misread it. Nothing was changed.',
      action: 'Update the studio, or choose another data folder. File: {path}',
    },
    zh: {
      message: '数据库由更新版本的程序写入（版本 {found}，当前支持到 {known}）。',
      cause: '旧版程序会误读其内容。没有做任何改动。',
      action: '请更新程序，或选择其他数据目录。文件：{path}',
    },
  },
  'core.database_unreadable': {
    en: {
      message: 'The database cannot be read: {reason}',
      cause: 'The file is damaged, is not a database, or may not be opened.',
      action: 'Restore a copy from the folder “backups” beside it. File: {path}',
    },
    zh: {
      message: '无法读取数据库：{reason}',
      cause: '文件已损坏、不是数据库，或无权打开。',
      action: '请从同目录下的“backups”文件夹恢复副本。文件：{path}',
    },
  },
  'core.migration_failed': {
    en: {
      message: 'The database could not be brought to version {version}.',
      cause: 'A step failed and was undone: {reason}. The file is as it was, and a backup stands beside it.',
      action: 'Use the previous version of the studio and report the details.',
    },
    zh: {
      message: '数据库无法升级到版本 {version}。',
      cause: '其中一步失败并已撤销：{reason}。文件保持原样，旁边留有备份。',
      action: '请使用之前版本的程序，并反馈详情。',
    },
  },
  'job.interrupted': {
    en: {
      message: 'The job ended before it was complete ({state}).',
      cause: 'Someone stopped it, or the studio that ran it was closed.',
      action: 'Start it again.',
    },
    zh: {
      message: '任务在完成之前结束（{state}）。',
      cause: '任务被手动停止，或运行它的程序已关闭。',
      action: '请重新开始该任务。',
    },
  },
} as const satisfies ErrorTable;
