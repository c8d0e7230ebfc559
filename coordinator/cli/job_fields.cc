#include "coordinator/cli/job_fields.h"

#include <algorithm>
#include <filesystem>
#include <type_traits>
#include <utility>

#include "common/storage/object_place.h"
#include "coordinator/cli/control_option.h"
#include "coordinator/cli/option_values.h"

namespace weft::cli {
namespace {

constexpr CountRange kSteps{.min = 1, .max = 1000};
constexpr CountRange kSeed{};
constexpr CountRange kWindow{.min = 0, .max = 256};
constexpr CountRange kDeflickerWindow{.min = 1, .max = 256};
constexpr CountRange kGuideWeight{.min = 0, .max = 100};
constexpr CountRange kChunk{.min = 1, .max = 4096};
constexpr CountRange kSpacing{.min = 1, .max = 1000000};
constexpr CountRange kWorkers{.min = 1, .max = 1024};
constexpr CountRange kOverlap{.min = 0, .max = 256};
constexpr CountRange kGop{.min = 1, .max = 250};
constexpr CountRange kSeamChecks{.min = 0, .max = 64};
constexpr CountRange kVerify{.min = 0, .max = 1000000};
constexpr CountRange kClipSkip{.min = 0, .max = 11};
constexpr NumberRange kEta{.min = 0, .max = 1};
constexpr NumberRange kGuidance{.min = 0, .max = 100};
constexpr NumberRange kStrength{.min = 0, .max = 1, .above_min = true};
constexpr NumberRange kFinishing{.min = 0, .max = 10};

using Setter = std::function<Status(const std::string&, JobOptions&)>;

// Stores what `parse` makes of the text in `member`.
template <typename Parse, typename Member>
Setter Into(Member JobOptions::*member, Parse parse) {
  return [member, parse](const std::string& text, JobOptions& options) -> Status {
    WEFT_ASSIGN_OR_RETURN(options.*member, parse(text));
    return {};
  };
}

Setter Text(std::string JobOptions::*member) {
  return Into(member, [](const std::string& text) -> Result<std::string> {
    if (text.empty()) {
      return Failure(ErrorCode::kInvalidArgument, "must not be empty");
    }
    return text;
  });
}

// Count = std::uint32_t, std::uint64_t or an optional of one.
template <typename Count>
Setter Counted(Count JobOptions::*member, CountRange range) {
  return Into(member, [range](const std::string& text) -> Result<Count> {
    WEFT_ASSIGN_OR_RETURN(const std::uint64_t value, ParseCount(text, range));
    if constexpr (std::is_same_v<Count, std::uint64_t>) {
      return value;
    } else {
      return Count(static_cast<std::uint32_t>(value));
    }
  });
}

Setter Number(double JobOptions::*member, NumberRange range) {
  return Into(member, [range](const std::string& text) { return ParseNumber(text, range); });
}

Setter Switch(bool JobOptions::*member) {
  return Into(member, ParseSwitch);
}

Setter AnchorsSetter() {
  return [](const std::string& text, JobOptions& options) -> Status {
    WEFT_ASSIGN_OR_RETURN(const AnchorsValue anchors, ParseAnchors(text));
    options.anchors = anchors.count;
    options.look_job = anchors.job;
    return {};
  };
}

struct Named {
  std::string name;
  std::string placeholder;
  std::string help;
};

// A field of many values: `parse` makes one of each text.
template <typename Value, typename Parse>
Field Many(const Named& named,
           FieldKind kind,
           std::vector<Value> JobOptions::*member,
           Parse parse) {
  return {named.name,
          named.placeholder,
          named.help,
          kind,
          [member, parse](const std::string& text, JobOptions& options) -> Status {
            WEFT_ASSIGN_OR_RETURN(Value value, parse(text));
            (options.*member).push_back(std::move(value));
            return {};
          },
          [member](JobOptions& options) { (options.*member).clear(); }};
}

Result<std::string> ParseLogLevel(const std::string& text) {
  for (const char* const level : {"debug", "info", "warning", "error"}) {
    if (text == level) {
      return text;
    }
  }
  return Failure(ErrorCode::kInvalidArgument,
                 "must be debug, info, warning or error, not \"" + text + "\"");
}

// Fields that every kind of job has.

Field KindField() {
  return {"kind", "K", "of the job: render or deflicker [render]", FieldKind::kText,
          Into(&JobOptions::kind, ParseKind)};
}

Field OutputField() {
  return {"output", "FILE",
          "the file to write, also over one that is there: .mp4, .mov or .mkv; {name}: the clip's",
          FieldKind::kPath, Text(&JobOptions::output)};
}

Field SeedField() {
  return {"seed", "N", "another number, another picture [0]", FieldKind::kText,
          Counted(&JobOptions::seed, kSeed)};
}

Field FramesField() {
  return {"frames", "A:B", "only frames A to B-1 of the clip [all]", FieldKind::kText,
          Into(&JobOptions::frames, ParseFrames)};
}

Field WindowField(CountRange range, const std::string& otherwise) {
  return {"window", "N", "smoothing looks at N frames on each side [" + otherwise + "]",
          FieldKind::kText, Counted(&JobOptions::window, range)};
}

Field ChunkField() {
  return {"chunk", "N", "frames of one unit of work; changes no picture [16]", FieldKind::kText,
          Counted(&JobOptions::chunk, kChunk)};
}

Field SteadyColoursField() {
  return {"steady-colours", "",
          "bring each frame's colours to the mean and spread of its scene [no]", FieldKind::kSwitch,
          Switch(&JobOptions::steady_colours)};
}

// Of the file, and of what is looked at besides.
std::vector<Field> FileFields() {
  using O = JobOptions;
  return {
      {"lossless", "", "FFV1 in a .mkv instead of H.264 [no]", FieldKind::kSwitch,
       Switch(&O::lossless)},
      {"gop", "N", "H.264: frames from one key frame of the file to the next, at most [120]",
       FieldKind::kText, Counted(&O::gop, kGop)},
      {"seams", "", "report how borders between chunks look, in OUTPUT.seams.json and .png [yes]",
       FieldKind::kSwitch, Switch(&O::seams)},
      {"seam-checks", "N", "make frames at N borders again without one, and compare [1]",
       FieldKind::kText, Counted(&O::seam_checks, kSeamChecks)},
      {"verify", "K", "run K tasks twice, on two workers, and fail where bytes differ [0]",
       FieldKind::kText, Counted(&O::verify, kVerify)},
  };
}

std::vector<Field> RunFields() {
  using O = JobOptions;
  return {
      {"state", "DIR", "where unfinished work is kept [OUTPUT.weft]", FieldKind::kPath,
       Text(&O::state)},
      {"keep", "", "keep the state folder when done [no]", FieldKind::kSwitch, Switch(&O::keep)},
      {"json", "", "JSON on standard output [no]", FieldKind::kSwitch, Switch(&O::json)},
      {"log-level", "L", "debug, info, warning or error, for the logs in the state folder [info]",
       FieldKind::kText, Into(&O::log_level, ParseLogLevel)},
  };
}

std::vector<Field> PictureFields() {
  using O = JobOptions;
  return {
      {"input", "CLIP", "the clip to render", FieldKind::kPath, Text(&O::input)},
      OutputField(),
      {"model", "PATH", "a Stable Diffusion 1.x model: a diffusers folder or a .safetensors file",
       FieldKind::kPath, Text(&O::model)},
      {"prompt", "TEXT", "what to render", FieldKind::kText, Text(&O::prompt)},
      {"negative", "TEXT", "what to avoid", FieldKind::kText,
       Into(&O::negative, [](const std::string& text) -> Result<std::string> { return text; })},
      {"steps", "N", "denoising steps [20]", FieldKind::kText, Counted(&O::steps, kSteps)},
      {"guidance", "G", "classifier-free guidance scale [7.5]", FieldKind::kText,
       Number(&O::guidance, kGuidance)},
      {"strength", "S", "how far to leave the source, up to 1 = completely [1]", FieldKind::kText,
       Number(&O::strength, kStrength)},
      SeedField(),
      {"size", "WxH", "size of the output [the source's]", FieldKind::kText,
       Into(&O::size, ParseSize)},
      FramesField(),
      Many({"control", "KIND=SCALE[,...]",
            "follow softedge, tile, or depth, openpose, canny, lineart from a clip of maps, with a "
            "scale of 0 to 2; then ,net=PATH ,maps=CLIP ,start=A ,end=B; may be repeated"},
           FieldKind::kControls, &O::controls, ParseControl),
  };
}

std::vector<Field> ModelFields() {
  using O = JobOptions;
  return {
      {"vae", "PATH", "another VAE: a folder or a .safetensors file [the model's]",
       FieldKind::kPath, Text(&O::vae)},
      {"tokenizer", "DIR", "folder with vocab.json and merges.txt [the model's]", FieldKind::kPath,
       Text(&O::tokenizer)},
      Many({"lora", "FILE[:WEIGHT]", "add a LoRA with a weight (1); may be repeated"},
           FieldKind::kPaths, &O::loras, ParseLora),
      Many({"embedding", "FILE", "a textual inversion, named as its file; may be repeated"},
           FieldKind::kPaths, &O::embeddings, ParseEmbedding),
      {"clip-skip", "N", "leave out the text encoder's last N layers, 0 to 11 [0]",
       FieldKind::kText, Counted(&O::clip_skip, kClipSkip)},
      {"sampler", "S", "ddim, euler, dpmpp2m or pndm; smooth-steps need ddim [ddim]",
       FieldKind::kText, Into(&O::sampler, ParseSampler)},
      {"eta", "E", "ddim: noise that each step adds, 0 to 1 [0]", FieldKind::kText,
       Number(&O::eta, kEta)},
      {"spacing", "S", "of the steps: leading, trailing or linspace [the model's]",
       FieldKind::kText, Into(&O::spacing, ParseSpacing)},
      {"karras", "", "euler, dpmpp2m: noise levels after Karras et al. [no]", FieldKind::kSwitch,
       Switch(&O::karras)},
      {"guess-mode", "", "controls steer the positive side only [no]", FieldKind::kSwitch,
       Switch(&O::guess_mode)},
  };
}

std::vector<Field> ConsistencyFields() {
  using O = JobOptions;
  return {
      {"smooth-steps", "LIST", "steps after which frames are smoothed, or none [4,9,14,...]",
       FieldKind::kList, Into(&O::smooth_steps, ParseSteps)},
      WindowField(kWindow, "4"),
      ChunkField(),
      {"anchor-spacing", "N", "every N-th frame is an anchor [16]", FieldKind::kText,
       Counted(&O::anchor_spacing, kSpacing)},
      {"anchor-frames", "LIST", "these frames are the anchors, such as 0,24,70 [as anchor-spacing]",
       FieldKind::kList, Into(&O::anchor_frames, ParseKeyFrames)},
      {"attention", "A",
       "frames attend to anchors, to self alone, or jointly: window:D/S, pattern:first,-1,0,1 "
       "[anchors]",
       FieldKind::kText, Into(&O::attention, ParseAttention)},
      {"controlnets-attend", "", "frames attend to others in the ControlNets too [no]",
       FieldKind::kSwitch, Switch(&O::controlnets_attend)},
      {"anchors", "N",
       "anchors that a frame attends to; or from:JOB: those of another job of the farm, with its "
       "noise map [3]",
       FieldKind::kText, AnchorsSetter()},
      {"anchors-from", "FILE", "attend to another job's anchors, and use its noise map",
       FieldKind::kPath, Text(&O::look)},
      {"save-anchors", "FILE", "keep the anchors there, for --anchors-from", FieldKind::kPath,
       Text(&O::save_look)},
      {"exchange", "E",
       "halo: chunks read their neighbours, and do not show; none: they never wait, and only "
       "nearly agree [halo]",
       FieldKind::kText, Into(&O::exchange, ParseExchange)},
      {"overlap", "N", "exchange none: frames that neighbours render both, on each side [2]",
       FieldKind::kText, Counted(&O::overlap, kOverlap)},
      {"round-steps", "N",
       "windows and patterns: steps from one exchange of latents to the next, or auto: what takes "
       "less time; changes no picture [auto]",
       FieldKind::kText, Into(&O::round_steps, ParseRoundSteps)},
      {"contrast", "C", "of the finished frames; 1 changes nothing [1]", FieldKind::kText,
       Number(&O::contrast, kFinishing)},
      {"sharpness", "S", "of the finished frames; 1 changes nothing [1]", FieldKind::kText,
       Number(&O::sharpness, kFinishing)},
      SteadyColoursField(),
      {"final-pass", "", "smooth once more after the last step [yes]", FieldKind::kSwitch,
       Switch(&O::final_pass)},
      {"previews", "", "keep small pictures of every round, for weft preview [yes]",
       FieldKind::kSwitch, Switch(&O::previews)},
  };
}

std::vector<Field> DeviceFields() {
  using O = JobOptions;
  return {
      {"workers", "N", "worker processes [cpu: one a core; cuda: 1]", FieldKind::kText,
       Counted(&O::workers, kWorkers)},
      {"device", "D", "cpu or cuda:N [cpu]", FieldKind::kText, Into(&O::device, ParseDevice)},
      {"dtype", "T", "float32, bfloat16 or float16 [float32]", FieldKind::kText,
       Into(&O::data_type, ParseDataType)},
      {"any-class", "",
       "workers may differ in processor or GPU and libraries, and bits with them [no]",
       FieldKind::kSwitch, Switch(&O::any_class)},
      {"micro-batch", "N", "frames of one forward pass, or auto: what fits [cpu: 1; cuda: auto]",
       FieldKind::kText, Into(&O::micro_batch, ParseMicroBatch)},
  };
}

std::vector<Field> ClipFields() {
  using O = JobOptions;
  return {
      {"style", "CLIP", "the stylized clip to steady, or key frames alone", FieldKind::kPath,
       Text(&O::input)},
      {"guide", "CLIP", "the clean clip that the style was made from [none]", FieldKind::kPath,
       Text(&O::guide)},
      OutputField(),
      {"align", "", "the guide has other frames, a rate or a size of its own: go by time [no]",
       FieldKind::kSwitch, Switch(&O::align)},
      {"key-frames", "LIST",
       "frames of the guide that the style shows, such as 0,30,60 [propagate: 0]", FieldKind::kList,
       Into(&O::key_frames, ParseKeyFrames)},
      FramesField(),
  };
}

std::vector<Field> SmoothingFields() {
  using O = JobOptions;
  return {
      {"mode", "M",
       "robust, balanced, accurate or fast; or from key frames alone: interpolate, propagate "
       "[robust]",
       FieldKind::kText, Into(&O::mode, ParseMode)},
      WindowField(kDeflickerWindow, "12; with key frames 1"),
      {"guide-weight", "N", "of the guide against the style, but in modes fast and robust [10]",
       FieldKind::kText, Counted(&O::guide_weight, kGuideWeight)},
      {"high-bit-depth", "", "16 bits a channel inside and in lossless files, 10 in H.264 [no: 8]",
       FieldKind::kSwitch, Switch(&O::high_bit_depth)},
      {"patch", "N",
       "side of the patches, odd, 3 to 15, but in mode robust [5; with key frames 15]",
       FieldKind::kText, Into(&O::patch, ParsePatch)},
      SeedField(),
      ChunkField(),
      SteadyColoursField(),
      {"workers", "N", "worker processes [one a core]", FieldKind::kText,
       Counted(&O::workers, kWorkers)},
  };
}

std::vector<Field> Joined(const std::vector<std::vector<Field>>& groups) {
  std::vector<Field> all;
  for (const std::vector<Field>& group : groups) {
    all.insert(all.end(), group.begin(), group.end());
  }
  return all;
}

}  // namespace

std::vector<Field> JobFields(v1::JobKind kind) {
  return kind == v1::JOB_KIND_DEFLICKER
             ? Joined({{KindField()}, ClipFields(), SmoothingFields(), FileFields(), RunFields()})
             : Joined({{KindField()},
                       PictureFields(),
                       ModelFields(),
                       ConsistencyFields(),
                       FileFields(),
                       DeviceFields(),
                       RunFields()});
}

const Field* FindField(const std::vector<Field>& fields, const std::string& name) {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const Field& field) { return field.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

std::string JobKindName(v1::JobKind kind) {
  return kind == v1::JOB_KIND_DEFLICKER ? "deflicker" : "render";
}

std::string FieldNames(const std::vector<Field>& fields) {
  std::string names;
  for (const Field& field : fields) {
    names += (names.empty() ? "" : ", ") + field.name;
  }
  return names;
}

std::string AbsolutePath(const std::string& path, const std::string& folder) {
  if (IsObjectUrl(path)) {
    return path;
  }
  std::string absolute = (std::filesystem::path(folder) / path).lexically_normal().string();
  while (absolute.size() > 1 && absolute.back() == '/') {
    absolute.pop_back();
  }
  return absolute;
}

std::string AbsoluteText(const Field& field, const std::string& text, const std::string& folder) {
  if (field.kind == FieldKind::kControls) {
    return WithAbsolutePaths(text, folder);
  }
  const bool is_path = field.kind == FieldKind::kPath || field.kind == FieldKind::kPaths;
  return is_path && !text.empty() ? AbsolutePath(text, folder) : text;
}

}  // namespace weft::cli
