export { RoomsScreen as default } from "../../rooms/RoomsScreen";
