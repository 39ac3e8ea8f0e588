/** Draws the film at a frame: the finished picture, the nearest one moved by the camera, or a grid.
 *
 * Matrices are those of the film (`storyboard.motion`): 3x3, from the first view of a chain to that
 * of a frame, in coordinates from -1 to 1, x to the right and y down.
 */
import { api, frameAddress } from "./api";
import { lastBefore } from "./times";
import type { Film, ShotFrames } from "./types";

const VERTEX = `attribute vec2 place; varying vec2 at;
void main() { at = vec2(place.x, -place.y); gl_Position = vec4(place, 0.0, 1.0); }`;

const FRAGMENT = `precision highp float;
varying vec2 at; uniform mat3 back; uniform sampler2D picture; uniform float grid;
uniform float aspect; uniform vec3 tint; uniform int edge;
vec3 ground(vec2 p) {
  vec2 q = vec2(p.x * aspect, p.y) * 4.0;
  vec2 cell = abs(fract(q) - 0.5);
  vec2 wide = fwidth(q);
  float line = 1.0 - min(min((0.5 - cell.x) / wide.x, (0.5 - cell.y) / wide.y) * 0.8, 1.0);
  float inside = step(abs(p.x), 1.0) * step(abs(p.y), 1.0);
  vec2 sq = vec2(p.x * aspect, p.y);
  float ring = 1.0 - min(abs(length(sq) - 0.5) / fwidth(length(sq)) * 0.7, 1.0);
  float cross = (1.0 - min(min(abs(sq.x) / fwidth(sq.x), abs(sq.y) / fwidth(sq.y)) * 0.6, 1.0));
  vec3 base = tint * (0.75 + 0.25 * p.y) * mix(0.45, 1.0, inside);
  base = mix(base, vec3(1.0), 0.16 * clamp(line, 0.0, 1.0));
  return mix(base, vec3(1.0, 0.8, 0.4), 0.75 * max(clamp(ring, 0.0, 1.0), clamp(cross, 0.0, 1.0) * 0.6));
}
vec2 bounce(vec2 uv) { vec2 m = mod(uv, 2.0); return mix(m, 2.0 - m, step(1.0, m)); }
void main() {
  vec3 from = back * vec3(at, 1.0);
  if (from.z <= 0.0) { gl_FragColor = vec4(0.03, 0.04, 0.05, 1.0); return; }
  vec2 p = from.xy / from.z;
  if (grid > 0.5) { gl_FragColor = vec4(ground(p), 1.0); return; }
  vec2 uv = (p + 1.0) * 0.5;
  bool out_ = uv.x < 0.0 || uv.y < 0.0 || uv.x > 1.0 || uv.y > 1.0;
  if (edge == 0) uv = bounce(uv); else if (edge == 1) uv = fract(uv); else uv = clamp(uv, 0.0, 1.0);
  vec3 seen = texture2D(picture, uv).rgb;
  if (edge == 3 && out_) seen = vec3(0.0);
  gl_FragColor = vec4(seen, 1.0);
}`;

const TINTS = [
  [0.23, 0.31, 0.44],
  [0.44, 0.29, 0.23],
  [0.25, 0.38, 0.28],
  [0.38, 0.26, 0.41],
];
const EDGES: Record<string, number> = { reflect: 0, wrap: 1, replicate: 2, zeros: 3 };
const IDENTITY = [1, 0, 0, 0, 1, 0, 0, 0, 1];
const CHUNK = 1200;
const KEPT = 240;

export type Shown = "frame" | "moved" | "grid" | "nothing";

export interface Look {
  film: Film;
  frames: ShotFrames[];
  finished: Map<number, Set<number>>;
  version: string;
  frame: number;
  camera: boolean;
}

export class Viewer {
  private readonly gl: WebGLRenderingContext | null;
  private readonly flat: CanvasRenderingContext2D | null = null;
  private place: Record<string, WebGLUniformLocation | null> = {};
  private views = new Map<number, number[][]>();
  private wanted = new Set<number>();
  private version = "";
  private pictures = new Map<string, HTMLImageElement | null>();
  private texture: WebGLTexture | null = null;
  private loaded = "";

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly again: () => void,
  ) {
    this.gl = canvas.getContext("webgl", { antialias: false, preserveDrawingBuffer: true });
    if (this.gl) this.prepare(this.gl);
    else this.flat = canvas.getContext("2d");
  }

  /** Draws, and says what it has drawn; asks `again` once more of it is there. */
  draw(look: Look): { shown: Shown; from: number } {
    this.forget(look);
    const { film, frame } = look;
    const index = Math.max(0, lastBefore(film.shots, frame, (shot) => shot.first));
    const shot = film.shots[index];
    const nearest = look.camera ? null : this.nearest(look, index);
    const width = this.canvas.width > 700 ? 960 : 480;
    const picture = nearest && this.picture(nearest.frame, nearest.digest, width);
    if (!look.camera) this.ahead(look, width);
    const here = this.view(film, frame);
    const there = nearest ? this.view(film, nearest.frame) : IDENTITY;
    if (!here || !there) return { shown: "nothing", from: frame };
    const exact = nearest?.frame === frame;
    const back = exact ? IDENTITY : multiply(there, inverse(here));
    const edge = EDGES[shot.edge] ?? 0;
    this.paint(picture ?? null, back, film, shot.chain, edge);
    const shown = picture ? (exact ? "frame" : "moved") : "grid";
    return { shown, from: nearest?.frame ?? frame };
  }

  private forget(look: Look) {
    if (look.version === this.version) return;
    this.version = look.version;
    this.views.clear();
    this.wanted.clear();
  }

  /** The finished frame of the chain that is the nearest before `frame`, or the first after it. */
  private nearest(look: Look, index: number): { frame: number; digest: string } | null {
    const { film, frames, finished, frame } = look;
    for (let n = index; n >= 0 && film.shots[n].chain === film.shots[index].chain; n--) {
      const done = finished.get(n);
      if (!done?.size || !frames[n]) continue;
      const local = Math.min(frame - film.shots[n].first, film.shots[n].frames - 1);
      for (let k = local; k >= 0; k--) {
        if (done.has(k)) return { frame: film.shots[n].first + k, digest: frames[n].digest };
      }
    }
    return null;
  }

  /** Fetches the next frames, so that they are there when they are played. */
  private ahead(look: Look, width: number) {
    const { film, frames, finished, frame } = look;
    for (let n = frame + 1; n < Math.min(frame + 12, film.frames); n++) {
      const index = lastBefore(film.shots, n, (shot) => shot.first);
      if (finished.get(index)?.has(n - film.shots[index].first) && frames[index]) {
        this.picture(n, frames[index].digest, width);
      }
    }
  }

  private picture(frame: number, digest: string, width: number): HTMLImageElement | null {
    const address = frameAddress(frame, digest, width);
    const known = this.pictures.get(address);
    if (known !== undefined) return known;
    this.pictures.set(address, null);
    const image = new Image();
    image.onload = () => {
      this.pictures.set(address, image);
      this.again();
    };
    image.src = address;
    if (this.pictures.size > KEPT) this.pictures.delete(this.pictures.keys().next().value!);
    return null;
  }

  private view(film: Film, frame: number): number[] | null {
    const chunk = Math.floor(frame / CHUNK);
    const found = this.views.get(chunk)?.[frame - chunk * CHUNK];
    if (!found && !this.wanted.has(chunk)) {
      this.wanted.add(chunk);
      const version = this.version;
      const first = chunk * CHUNK;
      api
        .views(first, Math.min(first + CHUNK, film.frames))
        .then((rows) => {
          if (version !== this.version) return;
          this.views.set(chunk, rows);
          this.again();
        })
        .catch(() => undefined);
    }
    return found ?? null;
  }

  private prepare(gl: WebGLRenderingContext) {
    gl.getExtension("OES_standard_derivatives");
    const program = gl.createProgram()!;
    const fragment = `#extension GL_OES_standard_derivatives : enable\n${FRAGMENT}`;
    for (const [kind, text] of [
      [gl.VERTEX_SHADER, VERTEX],
      [gl.FRAGMENT_SHADER, fragment],
    ] as const) {
      const shader = gl.createShader(kind)!;
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    gl.useProgram(program);
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    const corners = new Float32Array([-1, -1, 1, -1, -1, 1, 1, 1]);
    gl.bufferData(gl.ARRAY_BUFFER, corners, gl.STATIC_DRAW);
    const place = gl.getAttribLocation(program, "place");
    gl.enableVertexAttribArray(place);
    gl.vertexAttribPointer(place, 2, gl.FLOAT, false, 0, 0);
    for (const name of ["back", "picture", "grid", "aspect", "tint", "edge"]) {
      this.place[name] = gl.getUniformLocation(program, name);
    }
    this.texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    for (const [key, value] of [
      [gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE],
      [gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE],
      [gl.TEXTURE_MIN_FILTER, gl.LINEAR],
      [gl.TEXTURE_MAG_FILTER, gl.LINEAR],
    ]) {
      gl.texParameteri(gl.TEXTURE_2D, key, value);
    }
    const empty = new Uint8Array([0, 0, 0, 255]);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 1, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, empty);
  }

  private paint(
    picture: HTMLImageElement | null,
    back: number[],
    film: Film,
    chain: number,
    edge: number,
  ) {
    const gl = this.gl;
    if (!gl) {
      if (picture) this.flat?.drawImage(picture, 0, 0, this.canvas.width, this.canvas.height);
      return;
    }
    gl.viewport(0, 0, this.canvas.width, this.canvas.height);
    if (picture && picture.src !== this.loaded) {
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB, gl.RGB, gl.UNSIGNED_BYTE, picture);
      this.loaded = picture.src;
    }
    const [a, b, c, d, e, f, g, h, i] = back;
    gl.uniformMatrix3fv(this.place.back, false, [a, d, g, b, e, h, c, f, i]);
    gl.uniform1f(this.place.grid, picture ? 0 : 1);
    gl.uniform1f(this.place.aspect, film.painted[0] / film.painted[1]);
    gl.uniform3fv(this.place.tint, TINTS[chain % TINTS.length]);
    gl.uniform1i(this.place.edge, edge);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }
}

export function multiply(a: number[], b: number[]): number[] {
  return [0, 1, 2].flatMap((row) =>
    [0, 1, 2].map((col) => [0, 1, 2].reduce((sum, k) => sum + a[row * 3 + k] * b[k * 3 + col], 0)),
  );
}

export function inverse(m: number[]): number[] {
  const [a, b, c, d, e, f, g, h, i] = m;
  const det = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  const adjugate = [
    e * i - f * h,
    c * h - b * i,
    b * f - c * e,
    f * g - d * i,
    a * i - c * g,
    c * d - a * f,
    d * h - e * g,
    b * g - a * h,
    a * e - b * d,
  ];
  return adjugate.map((value) => value / det);
}
