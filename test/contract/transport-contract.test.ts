import { describeContract } from './contract-suite.ts';
import { TRANSPORTS } from './transports.ts';

for (const transport of TRANSPORTS) describeContract(transport);
