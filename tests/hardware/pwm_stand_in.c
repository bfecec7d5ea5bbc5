// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * A PWM chip of two channels that drives nothing, for the guest of `make hardware` alone: the kernel lets only
 * such a licence have its PWM. What the pin would do stands in /sys/module/pwm_stand_in/parameters.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/pwm.h>

#define CHANNELS 2

static unsigned long long duty_ns[CHANNELS], period_ns[CHANNELS];
static bool enabled[CHANNELS];
static int applied;
module_param_array(duty_ns, ullong, NULL, 0444);
module_param_array(period_ns, ullong, NULL, 0444);
module_param_array(enabled, bool, NULL, 0444);
module_param(applied, int, 0444);

static int stand_in_apply(struct pwm_chip *chip, struct pwm_device *pwm, const struct pwm_state *state)
{
	duty_ns[pwm->hwpwm] = state->duty_cycle;
	period_ns[pwm->hwpwm] = state->period;
	enabled[pwm->hwpwm] = state->enabled;
	applied++;
	return 0;
}

static int stand_in_get_state(struct pwm_chip *chip, struct pwm_device *pwm, struct pwm_state *state)
{
	state->duty_cycle = duty_ns[pwm->hwpwm];
	state->period = period_ns[pwm->hwpwm];
	state->enabled = enabled[pwm->hwpwm];
	state->polarity = PWM_POLARITY_NORMAL;
	return 0;
}

static const struct pwm_ops stand_in_ops = {
	.apply = stand_in_apply,
	.get_state = stand_in_get_state,
	.owner = THIS_MODULE,
};

static struct platform_device *device;
static struct pwm_chip chip = { .ops = &stand_in_ops, .npwm = CHANNELS };

static int __init stand_in_init(void)
{
	int error;

	device = platform_device_register_simple("pwm_stand_in", PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(device))
		return PTR_ERR(device);
	chip.dev = &device->dev;
	error = pwmchip_add(&chip);
	if (error)
		platform_device_unregister(device);
	return error;
}

static void __exit stand_in_exit(void)
{
	pwmchip_remove(&chip);
	platform_device_unregister(device);
}

module_init(stand_in_init);
module_exit(stand_in_exit);
MODULE_DESCRIPTION("A PWM chip that drives nothing");
MODULE_LICENSE("Dual MIT/GPL");
