import { DefaultFailureConverter } from '@perdure/common';

/** For programs that keep their failures to themselves by codecs of their own. */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
