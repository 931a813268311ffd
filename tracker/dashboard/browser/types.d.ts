// What the Python side and the widget libraries hand to these modules.

/** An anywidget model: the synchronised traits of one Python widget, and its message channel. */
export interface Model<Traits> {
  get<Name extends keyof Traits>(name: Name): Traits[Name];
  on(events: string, handler: (...values: never[]) => void): void;
  off(events: string, handler: (...values: never[]) => void): void;
  /** Throws once the kernel has died. */
  send(content: object): void;
  widget_manager: Manager;
}

/** The widgets of one page, by id. */
export interface Manager {
  has_model(id: string): boolean;
  get_model(id: string): Promise<unknown>;
}

/** The part of a widget's model that takes the kernel's messages. */
export interface WidgetModel {
  _handle_comm_msg(message: { content: { data: object }; buffers: DataView[] }): Promise<void>;
}

/** A model's id, the data of its message, and how many buffers belong to it. */
export type Update = [id: string, data: object, buffers: number];

/** The message with the updates of many widgets. */
export interface Updates {
  kind: string;
  updates: Update[];
}

/** The argument of a widget's `render`, which returns the function that undoes it. */
export interface RenderContext<Traits> {
  model: Model<Traits>;
  el: HTMLElement;
}

/** A bqplot scale. */
export interface Scale {
  get(name: "min" | "max"): number;
  set(values: { min: number; max: number }): void;
}

/** A bqplot Lines or OHLC mark: x is in epoch seconds, y a value or [open, high, low, close]. */
export interface Mark {
  get(name: "x"): ArrayLike<number> | null;
  get(name: "y"): ArrayLike<number | ArrayLike<number>> | null;
  /** By id; `d3el` is a selection of bqplot's d3. */
  views?: Record<string, Promise<{ d3el: object }>>;
}

/** What `browser_spec` in Python sends for one chart; the ids are those of bqplot models. */
export interface ChartSpec {
  /** The style class that only this chart has. */
  css_class: string;
  scale: string;
  time: string;
  series: { name: string; lines: string[]; colour?: string }[];
  digits: number;
  free: number;
  log: boolean;
  candle?: number;
  unit?: string;
}

/** From when to when a bar or candle is, in epoch seconds. */
export interface Period {
  start: number;
  end: number;
}

/** The bar at the crosshair's time; *polled*: its low and high are of polled prices alone. Of changes it has times only. */
export interface Bar extends Period {
  low: number;
  high: number;
  polled: boolean;
}

/** The kernel's answer: at *x* the value of each chart's series, and the bar of each chart. */
export interface Exact {
  x: number;
  y: (number | null)[][];
  bars: (Bar | null)[];
}

export interface Point {
  x: number;
  y: number;
  /** The exact price, where the kernel sent it. */
  price?: number;
  /** Of a candle: open, high, low, close on the price scale. */
  candle?: number[];
}

/** One currency's marks, live and backfilled. */
export interface Series {
  name: string;
  colour?: string;
  lines: Mark[];
  cache?: { arrays: unknown[]; points: Point[] };
}

/** A chart with its models and its element, which follows a moment after the models. */
export interface Chart extends Omit<ChartSpec, "scale" | "time" | "series"> {
  index: number;
  element: HTMLElement | null;
  scale: Scale;
  time: Scale;
  series: Series[];
}

/** Epoch seconds; the style's times count from *anchor*; *seq* is the browser's last request that this answers. */
export interface TimeDomain {
  anchor: number;
  start: number;
  end: number;
  first: number;
  last: number;
  ranges: [number, number][];
  zone: string;
  seq: number;
}

/** The traits of `ChartBridge`. */
export interface ChartTraits {
  charts: ChartSpec[];
  domain: TimeDomain;
}

/** The traits of `BrowserLink`. */
export interface PageTraits {
  heading: string;
  query: string;
  theme: string;
  zone: string;
  address_keys: string[];
}

/** The traits of `Scrubber`. */
export interface ScrubberTraits {
  value: number;
  text: string;
}

/** The traits of `DateField`. */
export interface DateFieldTraits {
  label: string;
  description: string;
}
