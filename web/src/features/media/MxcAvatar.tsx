import type { MxcUri } from "@team/core";
import { Avatar } from "../../ui/Avatar";
import { useMediaUrl } from "./useMediaUrl";

type MxcAvatarProps = {
  id: string;
  name: string;
  mxc: MxcUri | null;
  size?: number;
  shape?: "round" | "square";
  className?: string | undefined;
};

/** One size for all places: a face is downloaded once, wherever it is shown. */
const pixels = 96;

/** The avatar of a person or room, from the server when there is one. */
export function MxcAvatar({ mxc, size = 36, ...rest }: MxcAvatarProps) {
  const side = size > 64 ? 256 : pixels;
  const { url } = useMediaUrl(mxc, { width: side, height: side, method: "crop" });
  return <Avatar size={size} src={url} {...rest} />;
}
