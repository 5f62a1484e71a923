#include "market/log_restart.h"

#include "audit/note.h"
#include "log_folder.h"

namespace bourse::boursed {
namespace {

using base::Errc;

class LogRestart : public LogFolder {
 protected:
  LogKeys made() { return *load_or_create_log_keys(files_, service_); }
};

TEST_F(LogRestart, EndsALogAndBeginsTheNext) {
  const auto old = made();
  const auto note = sign(old, 1234);
  const auto restarted = accept_rollback(files_, service_, "the disk died; backup of 3 May");
  ASSERT_TRUE(restarted.ok()) << restarted.error().text;
  EXPECT_EQ(restarted->keys.origin(), "bourse.example.org/commons/2");
  EXPECT_EQ(restarted->note, folder_ + "/commons.rolled-back-1234");
  EXPECT_EQ(content(restarted->note), note);
  EXPECT_FALSE(there(files_.last));
  EXPECT_EQ(mode(files_.restarted), 0600U);

  const auto keys = load_or_create_log_keys(files_, service_);
  ASSERT_TRUE(keys.ok()) << keys.error().text;
  EXPECT_EQ(keys->origin(), "bourse.example.org/commons/2");
  const auto former = former_log_keys(files_);
  ASSERT_TRUE(former.ok());
  ASSERT_EQ(former->size(), 1U);
  EXPECT_EQ(former->front().text(), old.signers[0].verifier().text());

  const auto text = restart_statement(files_, *keys);
  ASSERT_TRUE(text.ok());
  ASSERT_TRUE(text->has_value());
  EXPECT_NE((*text)->find("the disk died; backup of 3 May"), std::string::npos);
  EXPECT_TRUE((*text)->ends_with(note));
  ASSERT_TRUE(restart_is_recorded(files_).ok());
  EXPECT_FALSE(restart_statement(files_, *keys)->has_value());
  EXPECT_TRUE(restart_is_recorded(files_).ok()) << "twice does no harm";
}

TEST_F(LogRestart, HappensAgain) {
  (void)sign(made(), 10);
  const auto second = accept_rollback(files_, service_, "once");
  ASSERT_TRUE(second.ok()) << second.error().text;
  (void)sign(second->keys, 10);
  const auto third = accept_rollback(files_, service_, "twice");
  ASSERT_TRUE(third.ok()) << third.error().text;
  EXPECT_EQ(third->keys.origin(), "bourse.example.org/commons/3");
  EXPECT_EQ(third->note, folder_ + "/commons.rolled-back-10-2") << "the first one is kept";
  EXPECT_EQ(former_log_keys(files_)->size(), 2U);
}

TEST_F(LogRestart, NeedsAReasonAndSomethingSigned) {
  const auto keys = made();
  EXPECT_EQ(accept_rollback(files_, service_, "why not").error().code, Errc::kConflict) << "nothing was signed";
  const auto note = sign(keys, 5);
  for (const auto& reason :
       {std::string(), std::string("  "), std::string("two\nlines"), std::string("\xff"), std::string(1001, 'a')}) {
    EXPECT_EQ(accept_rollback(files_, service_, reason).error().code, Errc::kBadRequest) << reason;
  }
  EXPECT_EQ(content(files_.last), note);
  EXPECT_EQ(verifiers_text(*read_log_keys(files_, service_)), verifiers_text(keys));
}

TEST_F(LogRestart, WaitsUntilNobodySigns) {
  (void)sign(made(), 5);
  {
    const auto running = FileLock::take(files_.lock, FileLock::Kind::kShared);
    ASSERT_TRUE(running.ok()) << running.error().text;
    EXPECT_TRUE(FileLock::take(files_.lock, FileLock::Kind::kShared).ok()) << "a second boursed may wait for the lease";
    const auto refused = accept_rollback(files_, service_, "now");
    ASSERT_FALSE(refused.ok());
    EXPECT_NE(refused.error().text.find("stop it first"), std::string::npos) << refused.error().text;
  }
  EXPECT_TRUE(accept_rollback(files_, service_, "now").ok());
}

TEST_F(LogRestart, WorksWhenTheKeyOrTheKeptCheckpointIsLost) {
  const auto old = made();
  write(files_.last, "not a note");
  std::filesystem::remove(files_.key);
  const auto restarted = accept_rollback(files_, service_, "all is lost");
  ASSERT_TRUE(restarted.ok()) << restarted.error().text;
  EXPECT_EQ(restarted->keys.origin(), "bourse.example.org/commons/2");
  EXPECT_EQ(restarted->note, folder_ + "/commons.rolled-back-unreadable");
  EXPECT_EQ(former_log_keys(files_)->front().text(), old.signers[0].verifier().text());
}

TEST_F(LogRestart, OfALogWhoseFilesAreLostNeedsItsKey) {
  const auto old = made().signers[0].verifier();
  for (const auto& file : {files_.key, files_.verifiers}) std::filesystem::remove(file);
  const auto unknown = accept_rollback(files_, service_, "the disk died");
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().code, Errc::kNotFound);
  EXPECT_NE(unknown.error().text.find("--old-key"), std::string::npos) << unknown.error().text;
  const auto other = new_log_key("evil.example.org/commons")->verifier().text();
  for (const auto& wrong : {std::string("no key"), other}) {
    EXPECT_EQ(accept_rollback(files_, service_, "the disk died", wrong).error().code, Errc::kBadRequest) << wrong;
  }
  EXPECT_FALSE(there(files_.former));

  const auto restarted = accept_rollback(files_, service_, "the disk died", old.text());
  ASSERT_TRUE(restarted.ok()) << restarted.error().text;
  EXPECT_EQ(restarted->keys.origin(), "bourse.example.org/commons/2");
  EXPECT_EQ(restarted->note, "") << "there is none";
  EXPECT_EQ(former_log_keys(files_)->front().text(), old.text());
  EXPECT_NE(restart_statement(files_, restarted->keys)->value().find("the disk died"), std::string::npos);

  const auto again = accept_rollback(files_, service_, "twice", old.text());
  ASSERT_TRUE(again.ok()) << again.error().text;
  EXPECT_EQ(verifiers_text(again->keys), verifiers_text(restarted->keys)) << "it is done already";
}

TEST_F(LogRestart, OfALogOfWhichOnlyTheVerifiersAreLeft) {
  const auto old = made().signers[0].verifier();
  std::filesystem::remove(files_.key);
  const auto restarted = accept_rollback(files_, service_, "the key is lost");
  ASSERT_TRUE(restarted.ok()) << restarted.error().text;
  EXPECT_EQ(restarted->keys.origin(), "bourse.example.org/commons/2");
  EXPECT_EQ(former_log_keys(files_)->front().text(), old.text());
}

// A new key of the same name was made meanwhile: neither it nor the lost one's generation comes again.
TEST_F(LogRestart, LeavesANameThatTwoKeysHad) {
  const auto lost = made().signers[0].verifier();
  std::filesystem::remove(files_.key);
  ASSERT_TRUE(create_log_keys(files_, service_).ok());
  EXPECT_EQ(accept_rollback(files_, service_, "why not").error().code, Errc::kConflict);
  const auto restarted = accept_rollback(files_, service_, "the folder is lost", lost.text());
  ASSERT_TRUE(restarted.ok()) << restarted.error().text;
  EXPECT_EQ(restarted->keys.origin(), "bourse.example.org/commons/2");
  EXPECT_EQ(former_log_keys(files_)->size(), 2U);
}

// Whatever was written before the process ended, running it once more gives a log that may begin.
TEST_F(LogRestart, GoesOnWhereItWasInterrupted) {
  const auto old = made();
  const auto note = sign(old, 5);
  const auto old_key = content(files_.key);
  ASSERT_TRUE(accept_rollback(files_, service_, "first").ok());
  const auto new_key = content(files_.key);
  const auto text = content(files_.restarted);

  // Before the last step: the same log begins.
  write(files_.last, note);
  const auto finished = accept_rollback(files_, service_, "second");
  ASSERT_TRUE(finished.ok()) << finished.error().text;
  EXPECT_EQ(finished->keys.origin(), "bourse.example.org/commons/2");
  EXPECT_EQ(content(files_.key), new_key);
  EXPECT_EQ(content(files_.restarted), text);
  EXPECT_FALSE(there(files_.last));

  // Before the keys: what is announced did not begin, so nothing is said of it.
  write(files_.last, note);
  write(files_.key, old_key);
  EXPECT_FALSE(restart_statement(files_, *read_log_keys(files_, service_))->has_value());
  const auto again = accept_rollback(files_, service_, "third");
  ASSERT_TRUE(again.ok()) << again.error().text;
  EXPECT_EQ(again->keys.origin(), "bourse.example.org/commons/2");
  EXPECT_EQ(former_log_keys(files_)->size(), 1U);
  EXPECT_NE(restart_statement(files_, again->keys)->value().find("third"), std::string::npos);
}

TEST_F(LogRestart, AKeyLostAfterwardsBeginsALogOfItsOwn) {
  (void)sign(made(), 5);
  ASSERT_TRUE(accept_rollback(files_, service_, "first").ok());
  std::filesystem::remove(files_.key);
  const auto keys = load_or_create_log_keys(files_, service_);
  ASSERT_TRUE(keys.ok()) << keys.error().text;
  EXPECT_EQ(keys->origin(), "bourse.example.org/commons/2") << "never that of a log that ended";
}

}  // namespace
}  // namespace bourse::boursed
