// submit.

#include <chrono>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <utility>

#include <pwd.h>
#include <unistd.h>

#include "coordinator/cli/batch_file.h"
#include "coordinator/cli/fleet_command.h"
#include "coordinator/cli/job_fields.h"
#include "coordinator/cli/job_upload.h"
#include "coordinator/cli/job_watch.h"
#include "coordinator/cli/look_source.h"
#include "coordinator/cli/places.h"
#include "coordinator/cli/submission.h"
#include "coordinator/cli/submit_order.h"
#include "coordinator/cli/terminal.h"
#include "coordinator/cli/uploader.h"
#include "coordinator/core/spec_check.h"
#include "coordinator/view/view_json.h"
#include "coordinator/view/view_words.h"

namespace weft::cli {
namespace {

constexpr Duration kPatience = std::chrono::seconds(30);

struct SubmitWanted {
  std::vector<std::string> files;
  std::vector<std::string> settings;  // "NAME=VALUE"
  std::string token;
  std::string name;
  std::string user;
  std::optional<std::uint32_t> priority;
  std::vector<std::string> tags;
  std::uint64_t device_memory = 0;
  bool wait_for_workers = false;
  bool unchecked = false;
  bool upload = false;
  bool upload_models = false;
  bool watch = false;
  bool dry_run = false;
};

std::string LoginName() {
  const passwd* const user = ::getpwuid(::geteuid());  // NOLINT(concurrency-mt-unsafe): one thread.
  return user == nullptr ? std::to_string(::geteuid()) : user->pw_name;
}

std::string RandomToken() {
  std::random_device random;
  return "submit-" + std::to_string(random()) + "-" + std::to_string(random());
}

Result<std::map<std::string, std::string>> Variables(const std::vector<std::string>& settings) {
  std::map<std::string, std::string> variables;
  for (const std::string& setting : settings) {
    const std::size_t equals = setting.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return Failure(ErrorCode::kInvalidArgument, "--set must be NAME=VALUE, not " + setting);
    }
    variables[setting.substr(0, equals)] = setting.substr(equals + 1);
  }
  return variables;
}

v1::JobTerms TermsOf(const SubmitWanted& wanted) {
  v1::JobTerms terms;
  terms.set_user(wanted.user.empty() ? LoginName() : wanted.user);
  if (wanted.priority.has_value()) {
    terms.set_priority(*wanted.priority);
  }
  for (const std::string& tag : wanted.tags) {
    terms.add_tags(tag);
  }
  terms.set_device_memory_bytes(wanted.device_memory);
  terms.set_wait_for_workers(wanted.wait_for_workers);
  return terms;
}

// saved: the files that jobs handed in together keep anchors in: they need not be there yet.
Status CheckFiles(v1::JobSpec spec,
                  const std::set<std::string>& saved,
                  const SubmitWanted& wanted) {
  if (wanted.upload) {
    WEFT_RETURN_IF_ERROR(CheckOwnFiles(spec, {saved.begin(), saved.end()}));
    // Else they are the workers'.
    return wanted.upload_models && !spec.model_path().empty() ? CheckModels(spec) : Status();
  }
  if (saved.count(spec.look_path()) > 0) {
    spec.clear_look_path();
  }
  WEFT_RETURN_IF_ERROR(CheckSources(spec));
  return CheckTarget(spec);
}

// Without what it takes from another job.
Result<v1::JobSpec> SpecOf(const BatchJob& job) {
  JobOptions options = job.options;
  options.look_job.clear();
  const bool twice = !options.look.empty() || !options.save_look.empty();
  if (twice && !job.options.look_job.empty()) {
    return Failure(ErrorCode::kInvalidArgument,
                   "anchors: from:" + job.options.look_job +
                       " cannot stand beside anchors-from or save-anchors");
  }
  WEFT_ASSIGN_OR_RETURN(v1::JobSpec spec, ResolveSpec(options));
  WEFT_RETURN_IF_ERROR(coordinator::CheckSpec(spec));
  return spec;
}

// What is handed in, and of each job the name of the one whose anchors it attends to, or "".
struct Handed {
  std::vector<v1::SubmitJob> jobs;
  std::vector<std::string> looks;
};

struct FileJob {
  std::string file;
  BatchJob job;
};

Result<std::vector<FileJob>> ReadFiles(const SubmitWanted& wanted, const std::string& folder) {
  WEFT_ASSIGN_OR_RETURN(const auto variables, Variables(wanted.settings));
  std::vector<FileJob> jobs;
  for (const std::string& file : wanted.files) {
    WEFT_ASSIGN_OR_RETURN(std::vector<BatchJob> batch,
                          ReadBatchFile(AbsolutePath(file, folder), variables));
    for (BatchJob& job : batch) {
      jobs.push_back({file, std::move(job)});
    }
  }
  return jobs;
}

void SetTokens(const std::string& token, std::vector<v1::SubmitJob>& jobs) {
  for (std::size_t number = 0; number < jobs.size(); ++number) {
    jobs[number].set_client_token(jobs.size() == 1 ? token : token + "/" + std::to_string(number));
  }
}

// All of them are read and checked before the first is handed in.
Result<Handed> ReadJobs(const SubmitWanted& wanted, const std::string& folder) {
  WEFT_ASSIGN_OR_RETURN(const std::vector<FileJob> read, ReadFiles(wanted, folder));
  std::set<std::string> saved;
  for (const FileJob& one : read) {
    saved.insert(one.job.options.save_look);
  }
  saved.erase("");
  std::vector<v1::SubmitJob> jobs;
  std::vector<std::string> looks;
  std::vector<std::vector<std::string>> after;  // Of each job.
  for (const auto& [file, job] : read) {
    Result<v1::JobSpec> spec = SpecOf(job);
    const Status checked = !spec || wanted.unchecked ? Status() : CheckFiles(*spec, saved, wanted);
    if (!spec || !checked) {
      const Error& error = spec ? checked.error() : spec.error();
      return Failure(error.Within(job.name).Within(file));
    }
    v1::SubmitJob& submitted = jobs.emplace_back();
    *submitted.mutable_spec() = *std::move(spec);
    *submitted.mutable_terms() = TermsOf(wanted);
    submitted.mutable_terms()->set_name(job.name);
    after.push_back(job.after);
    looks.push_back(job.options.look_job);
  }
  SetTokens(wanted.token.empty() ? RandomToken() : wanted.token, jobs);
  if (wanted.upload) {
    WEFT_RETURN_IF_ERROR(KeepOutputs(jobs));
  }
  WEFT_RETURN_IF_ERROR(AttendWithin(jobs, looks));
  SetOrder(after, jobs);
  if (jobs.size() == 1 && !wanted.name.empty()) {
    jobs.front().mutable_terms()->set_name(wanted.name);
  }
  return Handed{std::move(jobs), std::move(looks)};
}

// Before the first is handed in: where one does not fit, none is.
Status AttendToJobs(const SubmitWanted& wanted, FleetClient& client, Handed& handed) {
  for (std::size_t number = 0; number < handed.jobs.size(); ++number) {
    if (handed.looks[number].empty()) {
      continue;
    }
    v1::SubmitJob& job = handed.jobs[number];
    v1::ToCoordinator question;
    WEFT_ASSIGN_OR_RETURN(const v1::JobSummary found, client.FindJob(handed.looks[number]));
    question.mutable_show_job()->set_job(found.job());
    WEFT_ASSIGN_OR_RETURN(const v1::FromCoordinator answer,
                          client.Ask(question, v1::FromCoordinator::kJobDetails));
    WEFT_RETURN_IF_ERROR(AttendTo(answer.job_details(), job));
    WEFT_RETURN_IF_ERROR(coordinator::CheckSpec(job.spec()));
    if (found.state() == v1::JOB_STATE_DONE && !wanted.unchecked && !wanted.upload) {
      WEFT_RETURN_IF_ERROR(CheckSources(job.spec()));
    }
  }
  return {};
}

void TellPlanned(const v1::SubmitJob& job, bool json) {
  if (json) {
    v1::JobDetails details;
    *details.mutable_spec() = job.spec();
    std::cout << coordinator::Dump(
                     {{"name", job.terms().name()},
                      {"specification", coordinator::ToJson(details)["specification"]}})
              << "\n";
  } else {
    std::cout << job.terms().name() << ": " << coordinator::KindName(job.spec().kind()) << " "
              << job.spec().input_path() << " to " << job.spec().output_path() << "\n";
  }
}

void TellSubmitted(const v1::SubmitJob& job, const Submitted& submitted, bool json) {
  const std::string& name = job.terms().name();
  if (!submitted.answer) {
    std::cerr << "weft: " << name << ": " << submitted.answer.error().message() << std::endl;
  } else if (json) {
    std::cout << coordinator::Dump({{"job", submitted.answer->job()},
                                    {"name", name},
                                    {"existed", submitted.answer->existed()}})
              << std::endl;
  } else {
    std::cout << submitted.answer->job() << " " << name
              << (submitted.answer->existed() ? ": known already" : ": accepted") << std::endl;
  }
}

// What was refused has been told of when its answer came: only its code is left, the first's.
// NoAnswer(): one has no answer.
Result<ExitCode> CodeOf(const std::vector<Submitted>& all) {
  ExitCode code = ExitCode::kDone;
  for (const Submitted& submitted : all) {
    if (!submitted.answered) {
      return Failure(submitted.answer.error());
    }
    if (!submitted.answer && code == ExitCode::kDone) {
      code = ExitCodeFor(submitted.answer.error().code());
    }
  }
  return code;
}

// The first that is not kDone counts.
Result<ExitCode> WatchAll(const std::vector<Submitted>& all,
                          bool json,
                          const FleetSession& session) {
  ExitCode worst = ExitCode::kDone;
  for (const Submitted& submitted : all) {
    const auto reporter = MakeReporter(json);
    WEFT_ASSIGN_OR_RETURN(const ExitCode code,
                          WatchToEnd(submitted.answer->job(), session, *reporter));
    worst = worst == ExitCode::kDone ? code : worst;
    if (code == ExitCode::kInterrupted) {
      break;
    }
  }
  return worst;
}

void TellHandedIn(const FileHandedIn& file) {
  constexpr std::uint64_t kKilobyte = 1000;
  const auto kilobytes = [](std::uint64_t bytes) { return (bytes + kKilobyte - 1) / kKilobyte; };
  std::cerr << "weft: " << file.path << ": "
            << (file.sent_bytes == 0
                    ? "is there already"
                    : "sent " + std::to_string(kilobytes(file.sent_bytes)) + " of " +
                          std::to_string(kilobytes(file.size_bytes)) + " kB")
            << std::endl;
}

Status HandInFiles(const SubmitWanted& wanted,
                   const FleetSession& session,
                   std::vector<v1::SubmitJob>& jobs) {
  UploadOptions options;
  options.is_stopped = [&session] { return session.signals.Caught(); };
  options.told = TellHandedIn;
  Uploader uploader(session.client, session.connect, std::move(options));
  return UploadFiles(jobs, !wanted.token.empty(), wanted.upload_models, session.client, uploader);
}

Result<ExitCode> HandIn(Handed handed,
                        const SubmitWanted& wanted,
                        bool json,
                        const FleetSession& session) {
  if (wanted.upload) {
    const Status uploaded = HandInFiles(wanted, session, handed.jobs);
    if (!uploaded && uploaded.error().code() == ErrorCode::kCancelled) {
      std::cerr << "weft: " << uploaded.error().message() << std::endl;
      return ExitCode::kInterrupted;
    }
    WEFT_RETURN_IF_ERROR(uploaded);
  }
  WEFT_RETURN_IF_ERROR(AttendToJobs(wanted, session.client, handed));
  const std::vector<v1::SubmitJob>& jobs = handed.jobs;
  WEFT_ASSIGN_OR_RETURN(const std::vector<Submitted> all,
                        Submit(jobs, session.client, session.clock, kPatience,
                               [&](std::size_t place, const Submitted& submitted) {
                                 TellSubmitted(jobs[place], submitted, json);
                               }));
  WEFT_ASSIGN_OR_RETURN(const ExitCode code, CodeOf(all));
  return code == ExitCode::kDone && wanted.watch ? WatchAll(all, json, session) : code;
}

void AddOptions(CLI::App& command, SubmitWanted& wanted) {
  command.add_option("FILE", wanted.files, "Job files (.yaml); one may hold many clips")
      ->type_name("")
      ->required();
  command.add_option("--set", wanted.settings, "What ${NAME} stands for in the files; repeatable")
      ->type_name("NAME=VALUE");
  command
      .add_option("--client-token", wanted.token,
                  "The same token makes the same jobs, however often they are submitted")
      ->type_name("T");
  command.add_option("--name", wanted.name, "Of a single job [its clip's]")->type_name("NAME");
  command.add_option("--user", wanted.user, "Whose share of the farm it takes [your login]")
      ->type_name("NAME");
  command.add_option("--priority", wanted.priority, "0 to 100 among your own jobs [50]")
      ->type_name("N")
      ->check(CLI::Range(0, 100));
  command.add_option("--tag", wanted.tags, "A worker must have it; repeatable")->type_name("TAG");
  command.add_option("--device-memory", wanted.device_memory, "That a worker's device must have")
      ->type_name("SIZE")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/true));
  command.add_flag("--wait-for-workers", wanted.wait_for_workers,
                   "Accept it although no worker could run it now");
  command.add_flag("--unchecked", wanted.unchecked,
                   "Do not look for the files here: the workers see other paths");
  CLI::Option* const upload = command.add_flag(
      "--upload", wanted.upload,
      "Hand in clips, maps, LoRAs, embeddings and looks of this machine, and have the results "
      "kept for weft fetch; models stay where the workers see them");
  command
      .add_flag("--upload-models", wanted.upload_models,
                "With --upload: hand in models, their parts and ControlNets as well")
      ->needs(upload);
  command.add_flag("--watch", wanted.watch, "Stay until all have ended");
  command.add_flag("--dry-run", wanted.dry_run, "Only say what would be submitted");
}

}  // namespace

FleetCommands AddSubmitCommand(CLI::App& app, FleetOptions& options, const std::string& folder) {
  CLI::App* const command =
      AddFleetCommand(app,
                      {"submit", "Hand job files to the coordinator",
                       "  weft submit neon.yaml --watch\n"
                       "  weft submit shots.yaml --set hour=dawn --client-token shots-2\n"},
                      options);
  const auto wanted = std::make_shared<SubmitWanted>();
  AddOptions(*command, *wanted);
  const auto handed = std::make_shared<Handed>();
  return {{command,
           [wanted, handed, &options](const FleetSession& session) {
             return HandIn(*handed, *wanted, options.json, session);
           },
           [wanted, handed, folder, &options]() -> Result<std::optional<ExitCode>> {
             Result<Handed> read = ReadJobs(*wanted, folder);
             if (!read && read.error().code() == ErrorCode::kInvalidArgument) {
               std::cerr << "weft: " << read.error().message() << std::endl;
               return ExitCode::kUsage;
             }
             WEFT_ASSIGN_OR_RETURN(*handed, std::move(read));
             if (!wanted->dry_run) {
               return std::nullopt;
             }
             for (const v1::SubmitJob& job : handed->jobs) {
               TellPlanned(job, options.json);
             }
             std::cout << std::flush;
             return ExitCode::kDone;
           }}};
}

}  // namespace weft::cli
