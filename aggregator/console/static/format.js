// Words, numbers and times of one language. Times are those of Vietnam, whatever the screen's zone.
const ZONE = "Asia/Ho_Chi_Minh";

export class Format {
  constructor(words) {
    this.words = words;
    const locale = words.language === "vi" ? "vi-VN" : "en-GB";
    const at = (options) => new Intl.DateTimeFormat(locale, { timeZone: ZONE, hourCycle: "h23", ...options });
    this.clock = at({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
    this.minute = at({ hour: "2-digit", minute: "2-digit" });
    this.dayMonth = at({ day: "2-digit", month: "2-digit" });
    this.longDay = at({ weekday: "long", day: "2-digit", month: "2-digit", year: "numeric" });
    this.dayKey = new Intl.DateTimeFormat("en-CA", { timeZone: ZONE });
    this.whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
    this.fine = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  }

  fill(text, values) {
    return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  }

  count(value) {
    return this.whole.format(value);
  }

  value(value) {
    return this.fine.format(value);
  }

  today(now) {
    return this.dayKey.format(now);
  }

  // 10:52:31 today, 21/11 10:52:31 on another day, 21/11/2025 10:52:31 in another year
  moment(text, now, seconds = true) {
    const instant = new Date(text);
    const time = (seconds ? this.clock : this.minute).format(instant);
    const [day, today] = [this.today(instant), this.today(now)];
    if (day === today) return time;
    if (day.slice(0, 4) !== today.slice(0, 4)) return `${this.day(day)} ${time}`;
    return `${this.dayMonth.format(instant).replace("-", "/")} ${time}`;
  }

  // 01/07/2025 of a calendar day, which has no zone
  day(text) {
    return text.split("-").reverse().join("/");
  }

  age(seconds) {
    const { time } = this.words;
    if (seconds < 60) return this.fill(time.seconds, { n: this.count(Math.max(0, seconds)) });
    if (seconds < 3600) return this.fill(time.minutes, { n: this.count(seconds / 60) });
    if (seconds < 172800) return this.fill(time.hours, { n: this.count(seconds / 3600) });
    return this.fill(time.days, { n: this.count(seconds / 86400) });
  }

  kind(kind) {
    return this.words.kinds[kind] ?? kind.replaceAll("_", " ");
  }

  className(name) {
    return this.words.classes[name] ?? name;
  }

  direction(name) {
    return this.words.directions[name] ?? name;
  }
}
