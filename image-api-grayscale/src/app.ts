import { ANSWER_LENGTH_HEADER, createImageService, type ImageServiceParts } from '@app/service-kit';

/** The grayscale service: `POST /api/image` answers the picture in grey, as PNG, or as GIF for a GIF. */
export function createGrayscaleService(parts: Omit<ImageServiceParts, 'answer'>) {
  return createImageService({
    ...parts,
    answer: async ({ response, image, header, run }) => {
      const grey = await run(image);
      response.set(ANSWER_LENGTH_HEADER, String(grey.length));
      response.type(header.format === 'gif' ? 'image/gif' : 'image/png').send(grey);
    },
  });
}
