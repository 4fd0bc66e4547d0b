/** The shaders of the dots, and what they are told for each picture. */

const block = `
layout(std140) uniform dotsUniforms {
  mat4 matrix;
  vec4 offline;
  vec4 idle;
  vec4 carrying;
  vec4 rim;
  highp ivec2 origin;
  float clock;
  float radius;
  float pixelRatio;
  float faintest;
  highp int selected;
} dots;
`;

/** The uniforms of both shaders; lengths are device pixels, times seconds of the page's clock. */
export const dotsUniforms = {
  name: 'dots',
  vs: block,
  fs: block,
  uniformTypes: {
    matrix: 'mat4x4<f32>',
    offline: 'vec4<f32>',
    idle: 'vec4<f32>',
    carrying: 'vec4<f32>',
    rim: 'vec4<f32>',
    origin: 'vec2<i32>',
    clock: 'f32',
    radius: 'f32',
    pixelRatio: 'f32',
    faintest: 'f32',
    selected: 'i32',
  },
};

export const vertexShader = `#version 300 es
#define SHADER_NAME dots-vertex
precision highp float;
precision highp int;

in uvec2 start;
in uvec2 goal;
in vec3 times;   // moved at, glide, born at
in uvec4 traits; // heading, state, flags, nothing

out vec4 fill;
out float reach;        // of the whole point
out float size;         // of the disc within it
flat out vec2 ahead;    // where the courier is heading, or nothing
flat out float marked;

const float FRESH_S = 20.0;
const float STALE_S = 300.0;

void main() {
  float part = times.y > 0.0 ? clamp((dots.clock - times.x) / times.y, 0.0, 1.0) : 1.0;
  // Whole numbers first: their difference is exact, however far from Greenwich.
  vec2 from = vec2(ivec2(start) - dots.origin);
  vec2 to = vec2(ivec2(goal) - dots.origin);
  vec2 place = mix(from, to, part) * (512.0 / 4294967296.0);
  gl_Position = dots.matrix * vec4(place.x, -place.y, 0.0, 1.0);

  uint state = traits.y;
  vec4 color = state == 2u ? dots.carrying : state == 1u ? dots.idle : dots.offline;
  float staleness = clamp((dots.clock - times.z - FRESH_S) / (STALE_S - FRESH_S), 0.0, 1.0);
  fill = vec4(color.rgb, mix(1.0, dots.faintest, sqrt(staleness)));

  marked = gl_VertexID == dots.selected ? 1.0 : 0.0;
  size = dots.radius * (state == 0u ? 0.8 : 1.0) + marked * 2.0 * dots.pixelRatio;
  float heading = float(traits.x) * (6.283185307 / 256.0);
  bool isPointing = traits.x != 255u && size >= 4.5 * dots.pixelRatio;
  ahead = isPointing ? vec2(sin(heading), cos(heading)) : vec2(0.0);
  // Every pixel of a point is shaded, also those beside the disc: no larger than it must be.
  float around = isPointing ? size * 0.45 + 1.5 * dots.pixelRatio
    : size > 3.0 * dots.pixelRatio ? 1.5 * dots.pixelRatio : 0.5;
  reach = size + around + marked * (size * 0.5 + 6.0 * dots.pixelRatio);
  gl_PointSize = reach * 2.0;
}
`;

export const fragmentShader = `#version 300 es
#define SHADER_NAME dots-fragment
precision highp float;
precision highp int;

in vec4 fill;
in float reach;
in float size;
flat in vec2 ahead;
flat in float marked;
out vec4 fragColor;

// Signed distance to the disc, joined by the nose that says where the courier is heading.
float shape(vec2 at) {
  float disc = length(at) - size;
  if (ahead == vec2(0.0)) return disc;
  float along = dot(at, ahead);
  float across = abs(dot(at, vec2(ahead.y, -ahead.x)));
  float nose = max((across + along) * 0.70710678 - size, -along);
  return min(disc, nose);
}

void main() {
  vec2 at = (gl_PointCoord * 2.0 - 1.0) * reach;
  float distance = shape(vec2(at.x, -at.y));
  float inside = 1.0 - smoothstep(-0.5, 0.5, distance);
  // Large dots get a rim, so that they part from streets and from each other.
  float rim = size > 3.0 * dots.pixelRatio ? 1.25 * dots.pixelRatio : 0.0;
  float whole = 1.0 - smoothstep(-0.5, 0.5, distance - rim);
  float away = abs(length(at) - size * 1.35 - 4.0 * dots.pixelRatio);
  float ring = marked * (1.0 - smoothstep(0.0, 1.0, away - dots.pixelRatio));
  float alpha = max(whole * fill.a, ring);
  if (alpha < 0.004) discard;
  vec3 color = mix(dots.rim.rgb, fill.rgb, max(inside, ring));
  fragColor = vec4(color, alpha);
}
`;
