/** One thing that was looked at. */
export interface Finding {
  readonly what: string;
  readonly ok: boolean;
  /** What was found. */
  readonly detail: string;
  /** What to do about it, where it is not as it should be. */
  readonly remedy?: string;
}

/** Takes each finding when it is there. */
export type Report = (finding: Finding) => void;
