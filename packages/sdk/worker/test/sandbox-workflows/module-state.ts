/** Imported by another module: its state belongs to a run all the same. */
export const counter = { value: 0 };
