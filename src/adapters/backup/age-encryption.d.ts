/**
 * Two types of browsers that the declarations of `age-encryption` name and Node's own do not. Nothing here uses them.
 */
interface CryptoKey {
  readonly extractable: boolean;
}
interface AuthenticationExtensionsPRFValues {
  first: ArrayBufferView | ArrayBuffer;
}
