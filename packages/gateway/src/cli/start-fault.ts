/** Something that ends the program with one sentence for the operator and exit code 1. */
export class StartFault extends Error {}
