import { common } from "./common";
import { people } from "./people";
import { room } from "./room";
import { rooms } from "./rooms";
import { session } from "./session";
import { settings } from "./settings";
import { tasks } from "./tasks";
import { timeline } from "./timeline";

export const ru = { ...common, ...people, ...room, ...rooms, ...session, ...settings, ...tasks, ...timeline };
