// What components get, hand on and show, described once.

/** Across and up: of a point on a map, or left and top in CSS pixels. */
export type Place = [number, number];
/** Where a part lies in a parcel, and how long it is. */
export type Slot = [number, number];
export type Part = (slot: Slot) => Uint8Array<ArrayBuffer>;
/** Height, width, channels. */
export type Shape = [number, number, number];
/** The code of an image: as many numbers as the model's code has. */
export type Code = number[] | Float32Array;
/** Values of 0 to 1, or bytes: height x width x channels of them. */
export type Picture = Float32Array | Uint8Array;
/** Gets the picture of a code. It may be overwritten by the next one. */
export type Done = (picture: Picture) => void;

/** What Streamlit hands to a component. */
export interface Mounted<Data> {
  parentElement: HTMLElement | ShadowRoot;
  data: Data;
  setStateValue: Tell;
}
export type Tell = (name: string, value: unknown) => void;

/** The colours and the font of the page. */
export interface Look {
  text: string;
  background: string;
  border: string;
  primary: string;
  font: string;
}

/** The points of a map, two bytes for each number of a place: low + step * value. */
export interface Placed {
  count: number;
  low: Place;
  step: Place;
  points: [Slot, Slot];
  /** Centre and half a side of the square that is seen first. */
  view: [number, number, number];
  /** Which image each point is, where that is not its own number. */
  images?: Slot;
}

/** Which class each point is of; the largest number stands for none. */
export interface Classed {
  classes: string[];
  counts: number[];
  colors: string[];
  grey: string;
  /** Two bytes for a class instead of one. */
  wide: boolean;
  kinds?: Slot;
  means?: Slot;
}

/** A flat piece of the code space: place = axes . (code - centre). */
export interface Flat {
  size: number;
  centre?: number[];
  axes?: [number[], number[]];
  /** Whether the codes have a prior. */
  rings: boolean;
  home: number[];
}

/** Codes of two bytes a number: low + step * value. */
export interface Coded {
  low: number[];
  step: number[];
  codes: Slot;
}

/** What a plane gets of a run. See ui/components/plane/payload.py. */
export interface PlaneHeader extends Placed, Classed, Flat {
  plane: string;
  run: string;
  image: Shape;
  /** Test images, those that are left out included. */
  total: number;
  left: number;
  strange?: number;
  /** Why the browser has no decoder. */
  reason: string;
  unit: string;
  names: [string, string];
  note: string;
  ranges: [number, number][];
  decoder?: Slot;
  way?: Way;
}

/** The steps of a picture through both networks, as shapes, and whether a spread lies between them. */
export interface Way {
  encoder: string[];
  decoder: string[];
  spread: boolean;
}

/** What a map of a projection gets beside that. See ui/components/projection/payload.py. */
export interface ProjectionHeader extends PlaneHeader {
  /** Maps of one group follow each other. */
  group: string;
  title: string;
  /** Images that come before the training images. */
  tests: number;
  beside: boolean;
  leads: boolean;
  columns: ColumnHeader[];
  /** The codes of all points, or of every second, third ... one, where places do not follow from codes. */
  near?: Coded & { every: number };
  /** What pixel PCA draws: its mean picture, and what each axis adds. */
  pictures?: Slot;
}

/** Something that is known of every image, as words or as numbers. */
export interface ColumnHeader {
  name: string;
  help: string;
  part: Slot;
  words?: string[];
  low?: number;
  step?: number;
  scale?: [number, number];
}

export interface Column extends Omit<ColumnHeader, "part" | "help"> {
  help?: string;
  values: Uint16Array | Uint8Array;
  counts?: number[];
}

/** What is known of one test image. */
export interface Fact {
  image: number;
  label: string;
  loss: number | null;
  code: number[];
  sigma: number[] | null;
  original: Uint8Array | null;
  made: Uint8Array | null;
}

/** What Python sends to a plane later: the answer to a question, or where it wants the cursor. */
export interface Letter {
  plane: string;
  seq: number;
  facts?: (Omit<Fact, "original" | "made"> & { original: Slot | null; made: Slot | null })[];
  picture: Slot | null;
  at: number[] | null;
  marks: number[][];
  pinned: number[];
}

/** Thumbnails for all maps of a group. */
export interface SheetHeader {
  group: string;
  sheet: Slot;
  cell: number;
  across: number;
  ids: Slot;
}

/** What is the same on all maps of a group. */
export interface Looking {
  color: string;
  cue: string;
  size: number;
  together: boolean;
}

export interface TwinHeader {
  image: Shape;
  total: number;
  /** Test images whose codes all models know. */
  anchors: number[];
  labels: number[] | null;
  classes: string[];
  originals: Slot | null;
  models: ModelHeader[];
}

export interface ModelHeader extends Coded {
  run: string;
  name: string;
  color: string;
  unit: string;
  plane: Slot;
  losses: Slot;
  /** Of a ladder, whose models are seen one at a time. */
  rung: Rung | null;
}

/** A loss with its band, as shown; what it cost; the side in pixels of what one number of its last picture sees. */
export interface Rung {
  loss: number;
  low: number;
  high: number;
  told: string;
  sees: number;
}

/** How much of an anchor's code a place is made of. */
export type Shares = [number, number][];

/** A packed network. See docs/plane-format.md. */
export interface NetworkHeader {
  memory: number;
  kernels: number;
  vectors: number;
  half: boolean;
  input: Tensor;
  outputs: Tensor[];
  ops: [string, number[], number[]][];
}

export interface Tensor {
  at: number;
  shape: number[];
}

/** One operation, by its places and sizes. */
export type Step = (...numbers: number[]) => void;

/** What runs a network's operations: the kernel, or JavaScript. */
export interface Machine {
  rung: "wasm" | "js";
  memory: Float32Array;
  operations: { [name: string]: Step };
  address: (place: number) => number;
}

/** `wasm`: whether WebAssembly may be used. */
export interface NetworkOptions {
  wasm?: boolean;
}

export interface SketchHeader {
  plane: string;
  image: Shape;
  size: number;
  dark: boolean;
  encoder: Slot | null;
  decoder: Slot | null;
  examples: Slot[] | null;
}

export interface GalleryHeader {
  plane: string;
  label: string;
  /** Width and height of a picture on the sheet, of which a row holds `across`. */
  tile: [number, number] | null;
  across: number;
  sheet: Slot | null;
  /** Of the pictures that the plane draws instead. */
  shape: Shape | null;
  codes: Slot;
  size: number;
  captions: string[];
  columns: number | null;
  rows: string[];
  places: Place[] | null;
  side: number;
  told: boolean;
  go: { code: number[]; seq: number } | null;
}

/** A run as a film. See ui/run_film.py and ui/components/film. */
export interface FilmHeader {
  run: string;
  charts: Chart[];
  total: number;
  epochs: number[];
  frames: FrameHeader[];
  colors: string[];
  classes: string[];
  waiting: string;
  /** Its drawing, as long as there is no epoch. */
  network: string;
  /** Rows, columns and channels of an image. */
  image: [number, number, number];
  axes: string[];
  rings: boolean;
  map_note: string;
  grid_note: string;
  index?: number[];
  labels?: number[] | null;
  originals?: Slot | null;
  pairs?: number;
  grid?: number;
  code?: number;
}

/** How codes are turned and mirrored from one epoch to the next: (x, y) goes to (x a + y c, x b + y d). */
export type Turn = [number, number, number, number];

export interface FrameHeader {
  epoch: number;
  previous: number | null;
  turn: Turn;
  written: number;
  /** Its middle, and what leads from there to the right and up. */
  square: [Place, Place, Place];
  low: Place;
  high: Place;
  points: Slot;
  grid: Slot;
  pictures: Slot;
}

export interface Frame extends Omit<FrameHeader, "points"> {
  points: Float32Array;
  files: { grid: Blob; pictures: Blob };
}

/** One epoch on the map: all its points x0, y0, x1, y1, ... as the map shows them, and as they are. */
export interface Scene {
  placed: Float32Array;
  raw: Float32Array;
  turn: Turn;
  square: [Place, Place, Place];
  view: number[];
}

/** A chart of losses: lines over epochs, levels to compare with, printed points as marks. */
export interface Chart {
  name: string;
  title: string;
  /** Its name where one of several is shown. */
  tab?: string;
  help: string;
  run?: string;
  height: number;
  /** The places of all lines along the axis. */
  epochs: number[];
  /** What these count. */
  across?: string;
  span: [number, number];
  unit: string;
  log: boolean;
  best: number | null;
  lines: ChartLine[];
  /** The running mean within the first epoch: place and value. */
  batches: [number, number][];
  levels: Level[];
  marks: Mark[];
  empty: string;
  /** Mean image and floor, to tell shares of the gap between the two. */
  gap?: [number, number];
}

export interface ChartLine {
  name: string;
  color: string;
  dashed: boolean;
  values: (number | null)[];
  /** Whether the best epoch is ringed on it. */
  best?: boolean;
  /** Places of its own along the axis, and its ringed one's number among them. */
  at?: number[];
  ring?: number | null;
}

export interface Level {
  name: string;
  value: number | null;
  help: string;
  outside?: string;
  y?: number;
}

export interface Mark {
  epoch: number;
  value: number;
  name: string;
  part: string;
}

type SvgName = "svg" | "g" | "path" | "line" | "circle" | "rect" | "text" | "image" | "title";
export type Made<Name extends string> = Name extends SvgName
  ? SVGElementTagNameMap[Name]
  : Name extends keyof HTMLElementTagNameMap
    ? HTMLElementTagNameMap[Name]
    : never;
export type Attributes = { [name: string]: string | number | boolean | null | undefined | ((event: any) => void) };

declare global {
  interface Window {
    /** Every step of a cursor with its times, while somebody measures. */
    loupeMeasure?: Times[];
  }
  interface DocumentEventMap {
    "loupe-go": CustomEvent<{ plane: string; code?: Code; place?: Place; live?: boolean }>;
    "loupe-at": CustomEvent<{ plane: string; code: number[] }>;
    "loupe-decode": CustomEvent<Wish>;
    "loupe-letter": CustomEvent<Uint8Array>;
    "loupe-link": CustomEvent<import("../projection/links.js").Words & { group: string; from: string }>;
  }
}

/** In milliseconds: when the hand moved, when its frame began, when cursor and picture were drawn, what decoding took. */
export interface Times {
  event: number;
  began: number;
  drawn?: number;
  decoded_ms?: number;
  picture?: number;
}

/** Pictures that another part of the page wants of a plane, each on a canvas; the plane adds how they are cancelled. */
export interface Wish {
  plane: string;
  codes: Code[];
  each: (i: number, canvas: HTMLCanvasElement) => void;
  cancel?: () => void;
}
