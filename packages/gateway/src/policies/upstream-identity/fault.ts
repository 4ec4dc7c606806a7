/** Something of the caller cannot be handed on as it is. The message is for the operator, and tells nothing of values. */
export class HandOnFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'HandOnFault';
    // It is said for each such request, and where in the code it was found helps nobody.
    this.stack = message;
  }
}
