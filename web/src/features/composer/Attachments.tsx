import { File as FileIcon, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { formatBytes } from "../../app/useDates";
import { kindOf } from "../media/files";
import { useLocalUrl } from "../media/MediaBody";
import styles from "./Attachments.module.css";

/** Files that will go with the message. */
export function Attachments({ files, onRemove }: { files: readonly File[]; onRemove: (file: File) => void }) {
  const { t } = useTranslation();
  return (
    <ul className={styles.tray} aria-label={t("composer.attachments", { count: files.length })}>
      {files.map((file, at) => (
        <Attachment key={`${file.name}-${file.size}-${file.lastModified}-${at}`} file={file} onRemove={() => onRemove(file)} />
      ))}
    </ul>
  );
}

function Attachment({ file, onRemove }: { file: File; onRemove: () => void }) {
  const { t, i18n } = useTranslation();
  const picture = useLocalUrl(kindOf(file) === "image" ? file : null);
  return (
    <li className={styles.file}>
      {picture !== null ? (
        <img src={picture} alt="" className={styles.picture} />
      ) : (
        <span className={styles.icon} aria-hidden="true">
          <FileIcon size={20} />
        </span>
      )}
      <span className={styles.texts}>
        <span className={styles.name}>{file.name}</span>
        <span className={styles.size}>{formatBytes(file.size, i18n.language)}</span>
      </span>
      <button type="button" className={styles.remove} aria-label={t("composer.removeFile", { name: file.name })} onClick={onRemove}>
        <X size={15} />
      </button>
    </li>
  );
}
