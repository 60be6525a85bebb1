/** Errors of workflow code's own making. */
import { defineSymbolErrorClass } from '@perdure/common';

/** Base of the errors that say workflow code did what it may not. */
export class WorkflowError extends Error {}
defineSymbolErrorClass('WorkflowError')(WorkflowError);

/** Workflow code did something that would come out otherwise on replay. */
export class DeterminismViolationError extends WorkflowError {}
defineSymbolErrorClass('DeterminismViolationError')(DeterminismViolationError);
