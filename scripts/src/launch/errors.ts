/** What can go wrong with a launch; `code` is stable, `message` says what to do. */
export type LaunchErrorCode =
  | 'ERR_LAUNCH_RUN_FILE'
  | 'ERR_LAUNCH_PORTS'
  | 'ERR_LAUNCH_PORT_TAKEN'
  | 'ERR_LAUNCH_DAPRD'
  | 'ERR_LAUNCH_FOLDER'
  | 'ERR_LAUNCH_COLLECTOR'
  | 'ERR_LAUNCH_NOT_READY'
  | 'ERR_LAUNCH_PROCESS_ENDED'
  | 'ERR_LAUNCH_STOPPED';

/** A launch that failed, or was given up. */
export class LaunchError extends Error {
  override readonly name = 'LaunchError';
  readonly code: LaunchErrorCode;

  constructor(code: LaunchErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
