#include "tests/coordinator/core/farm_script.h"

#include <utility>

#include "common/plan/lending.h"
#include "common/wire/error_wire.h"
#include "coordinator/core/protocol.h"
#include "coordinator/core/worker_desk.h"
#include "tests/coordinator/core/model_worker.h"
#include "tests/coordinator/core/sample_job.h"

namespace weft::coordinator {

v1::ToCoordinator SubmitMessage(const std::string& token, const v1::JobSpec& spec) {
  v1::ToCoordinator message;
  message.mutable_submit_job()->set_client_token(token);
  *message.mutable_submit_job()->mutable_spec() = spec;
  return message;
}

v1::ToCoordinator WatchMessage(const std::string& job) {
  v1::ToCoordinator message;
  message.mutable_watch_job()->set_job(job);
  return message;
}

v1::ToCoordinator HelloMessage(const std::string& worker,
                               std::uint64_t instance,
                               const std::string& device,
                               const std::vector<v1::AttemptId>& running) {
  v1::ToCoordinator message;
  v1::WorkerHello& hello = *message.mutable_worker_hello();
  hello.set_protocol_min(kProtocolMin);
  hello.set_protocol_max(kProtocolMax);
  hello.set_worker(worker);
  hello.set_instance(instance);
  hello.set_device(device);
  for (const v1::AttemptId& attempt : running) {
    *hello.add_running() = attempt;
  }
  return message;
}

v1::ToCoordinator HeartbeatMessage(const std::vector<v1::AttemptId>& running) {
  v1::ToCoordinator message;
  message.mutable_worker_heartbeat();
  for (const v1::AttemptId& attempt : running) {
    *message.mutable_worker_heartbeat()->add_running()->mutable_attempt() = attempt;
  }
  return message;
}

v1::ToCoordinator CompletedMessage(const v1::Task& task, const v1::Clip& clip) {
  v1::ToCoordinator message;
  v1::TaskCompleted& completed = *message.mutable_task_completed();
  *completed.mutable_attempt() = task.attempt();
  for (const std::string& name : OutputNames(task)) {
    v1::Output& output = *completed.mutable_result()->add_outputs();
    output.set_name(name);
    output.mutable_blob()->set_key(task.output_prefix() + name);
  }
  if (task.attempt().task().stage() == v1::STAGE_PROBE) {
    SetFound(task, clip, completed.mutable_result());
  }
  if (task.attempt().task().stage() == v1::STAGE_ASSEMBLE && task.job().seam_report()) {
    completed.mutable_result()->mutable_seams()->set_borders(2);
  }
  return message;
}

v1::ToCoordinator FailedMessage(const v1::Task& task, ErrorCode code) {
  v1::ToCoordinator message;
  *message.mutable_task_failed()->mutable_attempt() = task.attempt();
  *message.mutable_task_failed()->mutable_error() = ToWire(Error(code, "it broke"));
  return message;
}

v1::FromCoordinator Reply::At(const std::string& peer) const {
  for (const Message& message : effects.messages) {
    if (message.to.value == peer) {
      return message.Whole();
    }
  }
  return {};
}

std::vector<v1::Task> Reply::Assignments() const {
  std::vector<v1::Task> tasks;
  for (const Message& message : effects.messages) {
    if (message.body.has_assign_task()) {
      tasks.push_back(message.Whole().assign_task().task());
    }
  }
  return tasks;
}

std::optional<v1::Task> Reply::Assignment(const std::string& peer) const {
  for (const Message& message : effects.messages) {
    if (message.to.value == peer && message.body.has_assign_task()) {
      return message.Whole().assign_task().task();
    }
  }
  return std::nullopt;
}

Reply FarmScript::Say(const std::string& peer, const v1::ToCoordinator& message) {
  return Keep(farm_->Handle(MessageArrived{{peer}, message}, now_));
}

Reply FarmScript::Pass(Duration span) {
  now_ += span;
  return Keep(farm_->Handle(Tick{}, now_));
}

void FarmScript::Hold(const std::string& why) {
  Effects effects;
  farm_->Hold(why, now_, effects);
  Keep(std::move(effects));
}

Reply FarmScript::RunAgain(const std::vector<AttemptId>& damaged) {
  Effects effects;
  farm_->RunAgain(damaged, now_, effects);
  return Keep(std::move(effects));
}

Reply FarmScript::DropPastResults() {
  Effects effects;
  farm_->DropPastResults(now_, effects);
  return Keep(std::move(effects));
}

Reply FarmScript::RestartOnACopy() {
  disk_["epoch"].mutable_epoch()->set_copied(true);
  return Restart();
}

Reply FarmScript::ForgetPastJobs() {
  Effects effects;
  farm_->ForgetPastJobs(now_, effects);
  return Keep(std::move(effects));
}

Reply FarmScript::Restart() {
  std::vector<Record> records;
  for (const auto& [key, value] : disk_) {
    records.push_back({key, value});
  }
  farm_ = std::make_unique<Farm>(options_);
  return Keep(farm_->Restore(records, now_).value());
}

void FarmScript::RestartAfterOlderVersion() {
  for (auto& [key, value] : disk_) {
    if (!value.has_task()) {
      continue;
    }
    auto* const outputs = value.mutable_task()->mutable_outputs();
    for (int i = outputs->size() - 1; i >= 0; --i) {
      if (IsPictureName(outputs->Get(i).name())) {
        outputs->DeleteSubrange(i, 1);
      }
    }
  }
  Restart();
}

Reply FarmScript::RestartAfterOtherPictures() {
  for (auto& [key, value] : disk_) {
    if (value.has_job()) {
      value.mutable_job()->set_pictures_since(kPicturesSince - 1);
    }
  }
  return Restart();
}

std::string FarmScript::Submit(const std::string& token, const v1::JobSpec& spec) {
  return Say("client", SubmitMessage(token, spec)).At("client").job_submitted().job();
}

void FarmScript::RunAll(const std::string& worker) {
  Reply reply = Say(worker, HelloMessage(worker, 1));
  while (const auto task = reply.Assignment(worker)) {
    now_ += Duration(100);
    reply = Say(worker, CompletedMessage(*task));
  }
}

Reply FarmScript::Keep(Effects effects) {
  for (const Record& record : effects.records) {
    if (record.erased) {
      disk_.erase(record.key);
    } else {
      disk_[record.key] = record.value;
    }
  }
  for (const Message& message : effects.messages) {
    if (message.body.has_job_status()) {
      last_status_ = message.body.job_status();
    }
  }
  return {std::move(effects)};
}

}  // namespace weft::coordinator
