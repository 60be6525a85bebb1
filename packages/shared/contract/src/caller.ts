/** Who is calling, as the gateway has established it. Procedures never see a key. */

/** Someone with an API key of one namespace. */
export interface NamespaceCaller {
  readonly kind: 'namespace';
  readonly namespaceId: number;
  readonly namespace: string;
  /** Whether the server refuses plaintext payloads from this caller. */
  readonly sealed: boolean;
  readonly apiKeyId: string;
}

/** Whoever runs the server. */
export interface OperatorCaller {
  readonly kind: 'operator';
}

export type Caller = NamespaceCaller | OperatorCaller;
