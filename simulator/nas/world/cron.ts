/** A schedule as the API has it: five cron fields and the part of the day in which they count. */
export interface Schedule {
  readonly minute: string;
  readonly hour: string;
  readonly dom: string;
  readonly month: string;
  readonly dow: string;
  /** "HH:MM", inclusive. */
  readonly begin: string;
  readonly end: string;
}

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

interface Field {
  readonly least: number;
  readonly most: number;
  /** Names in order, the first standing for `least`. */
  readonly names?: readonly string[];
}

const fields = {
  minute: { least: 0, most: 59 },
  hour: { least: 0, most: 23 },
  dom: { least: 1, most: 31 },
  month: { least: 1, most: 12, names: months },
  dow: { least: 0, most: 7, names: days },
} as const satisfies Record<string, Field>;

type FieldName = keyof typeof fields;

function numberOf(text: string, field: Field): number {
  const name = field.names?.indexOf(text.toLowerCase()) ?? -1;
  const value = name >= 0 ? field.least + name : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= field.least && value <= field.most)) {
    throw new RangeError(`"${text}" is not a number from ${field.least} to ${field.most}`);
  }
  return value;
}

/** The values that one field stands for, for example "1-5", "*" with a step, "mon,wed". Throws RangeError. */
export function parseField(text: string, name: FieldName): ReadonlySet<number> {
  const field: Field = fields[name];
  const values = new Set<number>();
  for (const part of text.split(",")) {
    const [range = "", step, rest] = part.split("/");
    if (rest !== undefined || (step !== undefined && !/^[1-9]\d*$/.test(step)))
      throw new RangeError(`"${part}" is not a cron expression`);
    const [from = "", to, more] = range.split("-");
    if (more !== undefined) throw new RangeError(`"${part}" is not a cron expression`);
    const first = range === "*" ? field.least : numberOf(from, field);
    const last =
      range === "*" ? field.most : to !== undefined ? numberOf(to, field) : step === undefined ? first : field.most;
    if (last < first) throw new RangeError(`"${part}" ends before it begins`);
    for (let value = first; value <= last; value += Number(step ?? 1)) values.add(name === "dow" ? value % 7 : value);
  }
  return values;
}

const minuteOfDay = (text: string): number => {
  const [, hour, minute] = /^(\d{1,2}):(\d{2})$/.exec(text) ?? [];
  const value = Number(hour) * 60 + Number(minute);
  if (!(Number(hour) < 24 && Number(minute) < 60)) throw new RangeError(`"${text}" is not a time of day such as 09:30`);
  return value;
};

/** A schedule ready to be asked whether it fires at a given minute (UTC). */
export class Cron {
  private readonly sets: Readonly<Record<FieldName, ReadonlySet<number>>>;
  private readonly begin: number;
  private readonly end: number;
  private readonly anyDay: boolean;

  /** Throws RangeError when a field says nothing that cron understands. */
  constructor(schedule: Schedule) {
    this.sets = {
      minute: parseField(schedule.minute, "minute"),
      hour: parseField(schedule.hour, "hour"),
      dom: parseField(schedule.dom, "dom"),
      month: parseField(schedule.month, "month"),
      dow: parseField(schedule.dow, "dow"),
    };
    this.begin = minuteOfDay(schedule.begin);
    this.end = minuteOfDay(schedule.end);
    // As in cron: where both days are given, one of them is enough.
    this.anyDay = schedule.dom !== "*" && schedule.dow !== "*";
  }

  /** @param time milliseconds since 1970; seconds do not count. */
  matches(time: number): boolean {
    const date = new Date(time);
    const { minute, hour, dom, month, dow } = this.sets;
    const at = date.getUTCHours() * 60 + date.getUTCMinutes();
    const within = this.begin <= this.end ? at >= this.begin && at <= this.end : at >= this.begin || at <= this.end;
    if (!within || !minute.has(date.getUTCMinutes()) || !hour.has(date.getUTCHours())) return false;
    if (!month.has(date.getUTCMonth() + 1)) return false;
    const onDom = dom.has(date.getUTCDate());
    const onDow = dow.has(date.getUTCDay());
    return this.anyDay ? onDom || onDow : onDom && onDow;
  }
}
