/** The public interface of the library. */
export {};
