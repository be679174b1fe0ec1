import type { MediaInfo } from "@team/core";
import { Download, File as FileIcon, ImageOff, Play } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { formatBytes } from "../../app/useDates";
import { useMediaCache } from "../../app/client";
import { IconButton } from "../../ui/Button";
import { Spinner } from "../../ui/Spinner";
import { useToasts } from "../../ui/Toast";
import { useTimelineContext } from "../timeline/context";
import { fitInto, saveAs } from "./files";
import { useMediaUrl } from "./useMediaUrl";
import styles from "./MediaBody.module.css";

type MediaBodyProps = { type: "image" | "video" | "audio" | "file" | "sticker"; media: MediaInfo; itemKey: string };

/** A picture, film, sound or file in the timeline. */
export function MediaBody({ type, media, itemKey }: MediaBodyProps) {
  switch (type) {
    case "image":
    case "sticker":
      return <ImageBody media={media} itemKey={itemKey} small={type === "sticker"} />;
    case "video":
    case "audio":
      return <PlayableBody type={type} media={media} />;
    case "file":
      return <FileBody media={media} />;
  }
}

/** The address of bytes that have not been uploaded yet. */
export function useLocalUrl(blob: object | null): string | null {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    if (!(blob instanceof Blob)) return undefined;
    const made = URL.createObjectURL(blob);
    setUrl(made);
    return () => {
      URL.revokeObjectURL(made);
      setUrl(null);
    };
  }, [blob]);
  return url;
}

const pictureBox = { width: 420, height: 320 };
const stickerBox = { width: 180, height: 180 };
/** The sizes of thumbnails that are asked for: few, so that the server and the cache have few to keep. */
const thumbnail = { width: 800, height: 600, method: "scale" } as const;
/** Pictures below this weight are loaded as they are: sharp, and animated ones move. */
const lightBytes = 120_000;

function ImageBody({ media, itemKey, small }: { media: MediaInfo; itemKey: string; small: boolean }) {
  const { t } = useTranslation();
  const { openImage } = useTimelineContext();
  const local = useLocalUrl(media.local);
  const light = media.mimeType === "image/gif" || (media.size !== null && media.size < lightBytes);
  const { url, failed } = useMediaUrl(local === null ? media.mxc : null, light ? null : thumbnail);
  const size = fitInto(media.width, media.height, small ? stickerBox : pictureBox);
  const src = local ?? url;
  return (
    <button
      type="button"
      className={styles.image}
      style={{ width: size.width, aspectRatio: `${size.width} / ${size.height}` }}
      aria-label={t("media.open", { name: media.name })}
      onClick={() => openImage(itemKey)}
    >
      {src !== null ? (
        <img src={src} alt={media.name} width={size.width} height={size.height} draggable={false} />
      ) : failed ? (
        <span className={styles.broken}>
          <ImageOff size={22} aria-hidden="true" />
          {t("media.failed")}
        </span>
      ) : (
        <span className={styles.waiting}>
          <Spinner />
        </span>
      )}
    </button>
  );
}

function PlayableBody({ type, media }: { type: "video" | "audio"; media: MediaInfo }) {
  const { t } = useTranslation();
  const [wanted, setWanted] = useState(false);
  const local = useLocalUrl(media.local);
  const { url, failed } = useMediaUrl(wanted && local === null ? media.mxc : null);
  const src = local ?? url;
  const size = useMemo(() => fitInto(media.width, media.height, pictureBox), [media.width, media.height]);
  if (src !== null) {
    return type === "video" ? (
      <video className={styles.video} style={{ width: size.width }} src={src} controls autoPlay={wanted} />
    ) : (
      <audio className={styles.audio} src={src} controls autoPlay={wanted} />
    );
  }
  return (
    <FileCard
      media={media}
      note={failed ? t("media.failed") : undefined}
      action={
        <IconButton label={`${t(`preview.${type}`)}: ${media.name}`} tooltip={false} onClick={() => setWanted(true)}>
          {wanted && !failed ? <Spinner size={18} /> : <Play size={20} />}
        </IconButton>
      }
    />
  );
}

function FileBody({ media }: { media: MediaInfo }) {
  const { t } = useTranslation();
  const save = useSave(media);
  return (
    <FileCard
      media={media}
      action={
        <IconButton label={t("media.downloadNamed", { name: media.name })} disabled={media.mxc === null} onClick={save.run}>
          {save.busy ? <Spinner size={18} /> : <Download size={19} />}
        </IconButton>
      }
    />
  );
}

function FileCard({ media, note, action }: { media: MediaInfo; note?: string | undefined; action: React.ReactNode }) {
  const { i18n } = useTranslation();
  return (
    <div className={styles.file}>
      <span className={styles.fileIcon} aria-hidden="true">
        <FileIcon size={20} />
      </span>
      <span className={styles.fileTexts}>
        <span className={styles.fileName}>{media.name}</span>
        <span className={styles.fileSize}>
          {note ?? (media.size === null ? media.mimeType : formatBytes(media.size, i18n.language))}
        </span>
      </span>
      {action}
    </div>
  );
}

/** Downloads the bytes with the session's right and hands them to the browser as a file. */
export function useSave(media: MediaInfo | null): { busy: boolean; run: () => void } {
  const { t } = useTranslation();
  const cache = useMediaCache();
  const toasts = useToasts();
  const [busy, setBusy] = useState(false);
  const run = () => {
    if (media?.mxc == null || busy) return;
    setBusy(true);
    cache
      .bytes(media.mxc)
      .then((blob) => saveAs(blob, media.name))
      .catch(() => toasts.warn(t("media.failed")))
      .finally(() => setBusy(false));
  };
  return { busy, run };
}
