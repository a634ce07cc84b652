import { runFunctionService } from '@app/function-service';

// The app id, port and path of the article.
await runFunctionService({
  appId: 'image-api-grayscale',
  port: 9004,
  paths: { '/api/image': 'grayscale' },
});
