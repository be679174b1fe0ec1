/** Event types and content keys of the namespace; see `schema/`. */
export const TASK = "org.teammessenger.task";
export const CHANGE = "org.teammessenger.change";
export const CARD = "org.teammessenger.card";
export const RESULT = "org.teammessenger.task.result";
export const CONFIG = "org.teammessenger.tasks.config";
export const WORKFLOW = "org.teammessenger.tasks.workflow";
export const LABELS = "org.teammessenger.tasks.labels";

/** Every name-based UUID of ours hangs below it: uuid5(NAMESPACE_DNS, "org.teammessenger"). */
export const NAMESPACE = "24f54a35-6c22-5386-8797-808ae5bd7641";
