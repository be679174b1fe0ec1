/** A small set of emoji for work: each line is the emoji, English words, Russian words. The first word is its name. */
const lines = {
  smileys: `
😀|grinning smile happy|улыбка радость
😄|laughing smile happy|смеюсь улыбка
😅|sweat smile phew|уф улыбка пот
😂|joy tears laugh lol|слезы смех ржу
🤣|rofl laugh floor|катаюсь смех ржу
🙂|slight smile|улыбаюсь
😉|wink|подмигиваю
😊|blush smile|смущение румянец
😍|heart eyes love|влюблен глаза сердца
🥰|hearts love|люблю сердечки
😘|kiss|поцелуй
😎|cool sunglasses|круто очки
🤓|nerd|умник ботан
🤔|thinking hmm|думаю хм
🤨|raised eyebrow doubt|сомнение бровь
😐|neutral|нейтрально
😶|no mouth silent|молчу
🙄|roll eyes|закатываю глаза
😏|smirk|ухмылка
😴|sleeping tired|сплю сон
🥱|yawn tired|зеваю устал
😌|relieved calm|спокойствие
😇|angel halo|ангел
🤗|hug|обнимаю
🤭|oops giggle|ой хихикаю
🤫|shush quiet|тихо тсс
🤐|zipper secret|рот на замке секрет
😬|grimace awkward|неловко
🙃|upside down irony|ирония вверх ногами
😕|confused|озадачен
😟|worried|беспокойство
😢|cry sad|плачу грусть
😭|sob cry|рыдаю
😤|huff steam|негодую
😠|angry|злюсь
🤯|mind blown wow|взрыв мозга
😱|scream fear|ужас крик
😳|flushed embarrassed|смущен
🥳|party celebrate|праздник вечеринка
🤩|star struck wow|восторг звезды
😷|mask sick|маска болею
🤒|fever sick|температура болею
🤕|hurt injured|травма
🫠|melting|таю
🫡|salute yes|есть честь
🤖|robot bot|робот бот
👻|ghost|призрак
💩|poop|какашка
👀|eyes look|глаза смотрю
🧠|brain|мозг
👨‍💻|developer programmer man|разработчик программист
👩‍💻|developer programmer woman|разработчица программистка
🕵️|detective search|сыщик поиск
🦸|hero|герой
🤷|shrug dunno|не знаю пожимаю
🤦|facepalm|фейспалм рукалицо
🙋|raise hand me|рука я
🙇|bow thanks|поклон`,
  gestures: `
👍|thumbs up yes like ok +1|да лайк палец вверх
👎|thumbs down no dislike -1|нет дизлайк палец вниз
👌|ok fine|окей отлично
🤌|pinched fingers|щепотка
✌️|victory peace|победа мир
🤞|fingers crossed luck|удача скрестил пальцы
🤙|call me|позвони
👈|left point|влево
👉|right point|вправо
👆|up point|вверх
👇|down point|вниз
☝️|one attention|внимание один
✋|stop hand|стоп рука
👋|wave hello hi bye|привет пока машу
🤝|handshake deal|рукопожатие договорились
👏|clap bravo|аплодисменты браво
🙌|hooray hands|ура руки
🙏|please thanks pray|спасибо пожалуйста
💪|strong muscle|сила мышца
🫶|heart hands|сердце руками
✍️|write|пишу
👊|fist bump|кулак
❤️|heart love|сердце любовь
🧡|orange heart|оранжевое сердце
💛|yellow heart|желтое сердце
💚|green heart|зеленое сердце
💙|blue heart|синее сердце
💜|purple heart|фиолетовое сердце
🖤|black heart|черное сердце
💔|broken heart|разбитое сердце`,
  nature: `
☀️|sun|солнце
🌤️|cloudy sun|облачно
🌧️|rain|дождь
⛈️|storm thunder|гроза
❄️|snow cold|снег холод
🌈|rainbow|радуга
🔥|fire hot|огонь
⭐|star|звезда
✨|sparkles new|блеск новое
⚡|lightning fast|молния быстро
💧|drop water|капля вода
🌱|seedling grow|росток
🌳|tree|дерево
🌸|blossom flower|цветок
🌹|rose|роза
🍀|clover luck|клевер удача
🐶|dog|собака
🐱|cat|кошка
🐻|bear|медведь
🦊|fox|лиса
🐧|penguin|пингвин
🐢|turtle slow|черепаха медленно
🐛|bug|жук баг ошибка
🐝|bee|пчела
🦄|unicorn|единорог
🍎|apple|яблоко
🍋|lemon|лимон
🍕|pizza|пицца
🍔|burger|бургер
🥗|salad lunch|салат обед
🍰|cake|торт
🍪|cookie|печенье
☕|coffee tea|кофе чай
🍵|tea|чай
🍺|beer|пиво
🥂|cheers champagne|шампанское
🍿|popcorn|попкорн`,
  activity: `
🎉|tada party celebrate|праздник ура
🎊|confetti|конфетти
🎂|birthday cake|день рождения
🎁|gift present|подарок
🏆|trophy win|кубок победа
🥇|gold medal first|золото первый
🎯|target goal|цель
🚀|rocket launch ship|ракета запуск релиз
🏁|finish flag|финиш
⏰|alarm time|будильник время
⏳|hourglass wait|ждем песочные часы
📅|calendar date|календарь дата
📌|pin|закрепить
📎|paperclip attach|скрепка
📝|memo note write|заметка
📄|document page|документ
📁|folder|папка
📊|chart|диаграмма отчет
📈|growth up chart|рост график
📉|decline down chart|падение график
💰|money|деньги
💳|card pay|карта оплата
💼|briefcase work|работа портфель
🏢|office|офис
🏠|home remote|дом удаленка
🚗|car|машина
✈️|plane travel|самолет
🏖️|beach vacation|отпуск пляж
📞|phone call|телефон звонок
📱|mobile|мобильный
💻|laptop computer|ноутбук компьютер
🖥️|desktop computer|компьютер
🖨️|printer|принтер
⌨️|keyboard|клавиатура
💾|save disk|сохранить дискета
🔧|wrench fix|ключ починка
🔨|hammer build|молоток сборка
⚙️|gear settings|настройки
🧪|test tube experiment|тест опыт
🔍|search|поиск лупа
🔒|lock|замок
🔑|key|ключ
💡|idea light|идея лампочка
📣|megaphone announce|объявление
🔔|bell|колокольчик
🎧|headphones|наушники
🎵|music|музыка
🎮|game|игра
⚽|football|футбол`,
  symbols: `
✅|check done yes|готово галочка
☑️|checkbox|отмечено
✔️|check mark|галочка
❌|cross no|нет крест
❓|question|вопрос
❗|exclamation important|важно восклицание
‼️|double exclamation|очень важно
⚠️|warning|предупреждение
🚫|forbidden|запрещено
⛔|no entry|нельзя
🆗|ok|ок
🆕|new|новое
🆘|sos help|помощь
💯|hundred perfect|сто идеально
➕|plus add|плюс
➖|minus|минус
➡️|right arrow|стрелка вправо
⬅️|left arrow|стрелка влево
⬆️|up arrow|стрелка вверх
⬇️|down arrow|стрелка вниз
🔄|refresh again|обновить повтор
🔴|red circle|красный
🟡|yellow circle|желтый
🟢|green circle|зеленый
🔵|blue circle|синий
⚪|white circle|белый
💤|sleep zzz|сон
💬|speech message|сообщение
👁️|eye seen|видел глаз
0️⃣|zero|ноль
1️⃣|one|один
2️⃣|two|два
3️⃣|three|три
4️⃣|four|четыре
5️⃣|five|пять`,
};

export type EmojiGroup = keyof typeof lines;

export interface Emoji {
  readonly emoji: string;
  readonly group: EmojiGroup;
  /** English name, one word or more joined by "_": what stands between colons. */
  readonly name: string;
  readonly words: readonly string[];
}

export const emojiGroups = Object.keys(lines) as EmojiGroup[];

export const allEmoji: readonly Emoji[] = emojiGroups.flatMap((group) =>
  lines[group]
    .trim()
    .split("\n")
    .map((line) => {
      const [emoji = "", english = "", russian = ""] = line.split("|");
      const words = [...english.split(" "), ...russian.split(" ")];
      return { emoji, group, name: words[0] ?? "", words };
    }),
);

/** Emoji of which some word begins with the query, in either language; those whose first word does come first. */
export function findEmoji(query: string, limit = 60): Emoji[] {
  const wanted = query.trim().toLowerCase().replaceAll("ё", "е");
  if (wanted === "") return [];
  const found = allEmoji.filter((one) => one.words.some((word) => word.startsWith(wanted)));
  return found.sort((a, b) => Number(b.name.startsWith(wanted)) - Number(a.name.startsWith(wanted))).slice(0, limit);
}
