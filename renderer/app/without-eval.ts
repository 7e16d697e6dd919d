import { z } from 'zod';

// zod compiles its checks with `new Function` where it may; the page's policy forbids it, and trying is reported.
z.config({ jitless: true });
