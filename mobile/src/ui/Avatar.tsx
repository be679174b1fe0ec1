import type { MxcUri } from "@team/core";
import { Image, PixelRatio, StyleSheet, Text as NativeText, View } from "react-native";
import { usePicture } from "../shell/pictures";
import { usePalette } from "../theme";
import { colourOf, initials } from "./initials";

interface AvatarProps {
  /** What the colour follows from: a user or room id. */
  readonly id: string;
  readonly name: string;
  readonly mxc?: MxcUri | null;
  readonly size?: number;
  /** People are round, rooms are square. */
  readonly square?: boolean;
}

/** A face, or initials. Decorative: the name stands beside it. */
export function Avatar({ id, name, mxc = null, size = 36, square = false }: AvatarProps) {
  const palette = usePalette();
  const pixels = PixelRatio.getPixelSizeForLayoutSize(size);
  const picture = usePicture(mxc, { width: pixels, height: pixels, method: "crop" });
  const letters = size < 22 ? [...initials(name)].slice(0, 1).join("") : initials(name);
  return (
    <View
      aria-hidden
      importantForAccessibility="no-hide-descendants"
      style={[styles.face, { width: size, height: size, borderRadius: size * (square ? 0.28 : 0.5), backgroundColor: palette.avatars[colourOf(id)] }]}
    >
      {/* Its place is fixed: the letters do not grow with the person's text size. */}
      <NativeText allowFontScaling={false} style={{ color: palette.onAvatar, fontWeight: "600", fontSize: Math.round(size * 0.4) }}>
        {letters}
      </NativeText>
      {picture.address !== null && <Image source={{ uri: picture.address }} style={StyleSheet.absoluteFill} />}
    </View>
  );
}

const styles = StyleSheet.create({
  face: { alignItems: "center", justifyContent: "center", overflow: "hidden", flexShrink: 0 },
});
