import { SHARED_APP } from '@app/function-manifest';
import { runFunctionService } from './program.js';

await runFunctionService({ appId: SHARED_APP, port: 9005 });
