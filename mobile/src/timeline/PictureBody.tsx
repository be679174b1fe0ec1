import type { MediaInfo } from "@team/core";
import { useState } from "react";
import { ActivityIndicator, Image, Modal, PixelRatio, Pressable, StyleSheet, useWindowDimensions, View } from "react-native";
import { useSafeAreaInsets } from "react-native-safe-area-context";
import { usePicture } from "../shell/pictures";
import { useWords } from "../i18n";
import { radius, space, themed, touch, usePalette } from "../theme";
import { Button } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { ImageOff, X } from "../ui/icons";
import { Text } from "../ui/Text";

const useStyles = themed((palette) => ({
  frame: { alignItems: "center", justifyContent: "center", overflow: "hidden", borderRadius: radius.l, backgroundColor: palette.sunken },
  failed: { alignItems: "center", gap: space.s, padding: space.m },
  viewer: { flex: 1, backgroundColor: "#000000" },
  middle: { flex: 1, alignItems: "center", justifyContent: "center", gap: space.m, padding: space.xl },
  white: { color: "#ffffff", textAlign: "center" },
  close: { position: "absolute", left: space.xs, width: touch, height: touch, alignItems: "center", justifyContent: "center", borderRadius: radius.full, backgroundColor: "rgba(0, 0, 0, 0.55)" },
}));

const MOST_HIGH = 320;

/** How large a picture stands in the timeline; square while nobody knows. */
export function pictureSize(media: Pick<MediaInfo, "width" | "height">, room: number): { readonly width: number; readonly height: number } {
  const width = media.width ?? 0;
  const height = media.height ?? 0;
  if (width <= 0 || height <= 0) return { width: Math.min(room, 240), height: Math.min(room, 240) };
  const scale = Math.min(1, room / width, MOST_HIGH / height);
  return { width: Math.max(touch, Math.round(width * scale)), height: Math.max(touch, Math.round(height * scale)) };
}

/** A picture in a message; a touch shows it as large as the screen. */
export function PictureBody({ media, own }: { readonly media: MediaInfo; readonly own: boolean }) {
  const { t } = useWords();
  const palette = usePalette();
  const styles = useStyles();
  const window = useWindowDimensions();
  const [open, setOpen] = useState(false);
  const size = pictureSize(media, Math.min(420, window.width - 88));
  const picture = usePicture(media.mxc, {
    width: PixelRatio.getPixelSizeForLayoutSize(size.width),
    height: PixelRatio.getPixelSizeForLayoutSize(size.height),
    method: "scale",
  });
  if (picture.failed && !own) {
    return (
      <Pressable role="button" aria-label={`${t("media.failed")} ${t("common.retry")}`} onPress={picture.retry} style={[styles.frame, styles.failed, size]}>
        <Icon of={ImageOff} />
        <Text look="small" tone="text2">
          {t("media.failed")}
        </Text>
      </Pressable>
    );
  }
  return (
    <>
      <Pressable role="button" aria-label={t("phone.openPicture", { name: media.name })} onPress={() => setOpen(true)} style={[styles.frame, size]}>
        {picture.address === null ? (
          <ActivityIndicator color={palette.text3} />
        ) : (
          <Image source={{ uri: picture.address }} style={StyleSheet.absoluteFill} resizeMode="cover" alt={t("media.image", { name: media.name })} />
        )}
      </Pressable>
      {open && <PictureViewer media={media} preview={picture.address} onClose={() => setOpen(false)} />}
    </>
  );
}

function PictureViewer({ media, preview, onClose }: { readonly media: MediaInfo; readonly preview: string | null; readonly onClose: () => void }) {
  const { t } = useWords();
  const styles = useStyles();
  const { top } = useSafeAreaInsets();
  const picture = usePicture(media.mxc, { width: 1600, height: 1600, method: "scale" });
  const address = picture.address ?? preview;
  return (
    <Modal visible transparent={false} animationType="fade" onRequestClose={onClose} statusBarTranslucent>
      <View style={styles.viewer} role="dialog" aria-label={t("media.image", { name: media.name })}>
        {address !== null ? (
          <Image source={{ uri: address }} style={StyleSheet.absoluteFill} resizeMode="contain" alt={media.name} />
        ) : picture.failed ? (
          <View style={styles.middle}>
            <Text style={styles.white}>{t("media.failed")}</Text>
            <Button label={t("common.retry")} onPress={picture.retry} />
          </View>
        ) : (
          <ActivityIndicator style={styles.middle} color="#ffffff" aria-label={t("common.loading")} />
        )}
        <Pressable role="button" aria-label={t("phone.closePicture")} onPress={onClose} style={[styles.close, { top: top + space.s }]}>
          {/* White on black in both themes. */}
          <X size={22} color="#ffffff" strokeWidth={2} />
        </Pressable>
      </View>
    </Modal>
  );
}
