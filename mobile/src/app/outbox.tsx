export { OutboxScreen as default } from "../outbox/OutboxScreen";
