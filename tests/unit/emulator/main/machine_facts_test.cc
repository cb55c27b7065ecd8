#include "emulator/main/machine_facts.h"

#include <boost/test/unit_test.hpp>
#include <set>

using namespace lambdarium::commands;

BOOST_AUTO_TEST_SUITE(machine_facts)

BOOST_AUTO_TEST_CASE(a_version_is_the_first_run_of_digits_and_dots) {
  BOOST_TEST(version_in("Python 3.11.2\n") == "3.11.2");
  BOOST_TEST(version_in("v20.20.2\n") == "20.20.2");
  BOOST_TEST(version_in("mpirun (Open MPI) 4.1.4\n\nReport bugs") == "4.1.4");
  BOOST_TEST(version_in("gnuplot 5.4 patchlevel 4") == "5.4");
  BOOST_TEST(version_in("version 7.") == "7");
  BOOST_TEST(version_in("none here").empty());
  BOOST_TEST(version_in("").empty());
}

BOOST_AUTO_TEST_CASE(every_fact_has_a_name_of_its_own_a_value_and_a_meaning) {
  std::set<std::string> names;
  for (const Fact& fact : look_at_machine()) {
    BOOST_TEST_CONTEXT(fact.name) {
      BOOST_TEST(names.insert(fact.name).second);
      BOOST_TEST(!fact.value.empty());
      BOOST_TEST(!fact.meaning.empty());
    }
  }
  for (const char* expected : {"cores", "memory", "gpu", "cgroups", "python", "node", "bubblewrap",
                               "mpi", "gnuplot", "chromium"}) {
    BOOST_TEST(names.count(expected) == 1U);
  }
}

BOOST_AUTO_TEST_SUITE_END()
